package main

import (
	"context"
	"io"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

type ledgerExportCmd struct {
	Client string `required:"" help:"The client: its name, or its number." placeholder:"NAME"`
	From   string `help:"Only from this day on, e.g. 2026-01-01." placeholder:"DAY"`
	To     string `help:"Only up to this day." placeholder:"DAY"`
	Chain  bool   `help:"With --json: every line of the ledger from the client's first one to the head, those of others without their body, so that the whole chain can be followed."`
	JSON   bool   `name:"json" help:"Write one JSON document with the chain and the evidence, instead of text to be read and printed."`
	Out    string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE" type:"path"`
}

// Run writes the proof as the database is at one instant.
func (c *ledgerExportCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, _, err := root.load(s)
	if err != nil {
		return err
	}
	zone := location(cfg.Agency.TimeZone)
	q := models.ProofQuery{Whole: c.Chain}
	if c.Chain && !c.JSON {
		return usage("--chain goes with --json")
	}
	if q.From, err = dashboard.ProofDay("--from", c.From, 0, zone); err != nil {
		return err
	}
	if q.Until, err = dashboard.ProofDay("--to", c.To, 1, zone); err != nil {
		return err
	}
	if q.From != nil && q.Until != nil && !q.From.Before(*q.Until) {
		return usage("--from is after --to")
	}
	return withStore(ctx, root, s, func(st *store.Store) error {
		if q.ClientID, err = clientID(ctx, st, c.Client); err != nil {
			return err
		}
		if q.ClientID == 0 {
			return usage("--client: name the client")
		}
		e := dashboard.ProofExport{Store: st, Now: time.Now(), Zone: zone, ZoneName: cfg.Agency.ZoneLabel, Agency: cfg.Agency.Name}
		return (&exportCmd{Output: c.Out}).to(s, func(w io.Writer) error {
			if c.JSON {
				return e.JSON(ctx, q, w)
			}
			return e.Text(ctx, q, w)
		})
	})
}
