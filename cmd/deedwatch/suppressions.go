package main

import (
	"context"
	"fmt"
	"math"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

type suppressionsCmd struct {
	List suppressionsListCmd `cmd:"" help:"List the addresses that are not written to."`
	Add  suppressionsAddCmd  `cmd:"" help:"Stop mail to an address, whoever has it."`
	Lift suppressionsLiftCmd `cmd:"" help:"Let an address be written to again."`
}

// suppressionDoc is one suppression as it is printed.
type suppressionDoc struct {
	ID       int64      `json:"id"`
	Address  string     `json:"address"`
	Reason   string     `json:"reason"` // bounced, complaint, opted_out, by_hand
	Detail   string     `json:"detail"`
	By       string     `json:"by"`
	At       time.Time  `json:"at"`
	LiftedAt *time.Time `json:"lifted_at"`
	LiftedBy *string    `json:"lifted_by"`
}

func suppressionDocOf(s *models.Suppression) suppressionDoc {
	d := suppressionDoc{ID: s.ID, Address: s.Address, Reason: string(s.Reason), Detail: s.Detail, By: s.By, At: s.At.UTC(), LiftedAt: s.LiftedAt}
	if s.LiftedAt != nil {
		d.LiftedBy = &s.LiftedBy
	}
	return d
}

// print gives one suppression, as JSON or in a line.
func (d *suppressionDoc) print(s streams, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, d)
	}
	say := printer{w: s.out}
	d.line(&say)
	return say.err
}

func (d *suppressionDoc) line(say *printer) {
	text := fmt.Sprintf("%-6d %-40s %-10s since %s by %s", d.ID, d.Address, d.Reason, d.At.Format(time.DateOnly), d.By)
	if d.Detail != "" {
		text += ": " + d.Detail
	}
	if d.LiftedAt != nil {
		text += fmt.Sprintf(" (lifted %s by %s)", d.LiftedAt.UTC().Format(time.DateOnly), *d.LiftedBy)
	}
	say.line("%s", text)
}

type suppressionsListCmd struct {
	All   bool `help:"Those that were lifted, too."`
	Limit int  `help:"At most so many, the latest first." default:"1000"`
	JSON  bool `name:"json" help:"Print one JSON document."`
}

// Run lists the suppressions, the latest first.
func (c *suppressionsListCmd) Run(ctx context.Context, root *cli, s streams) error {
	if c.Limit < 1 {
		return usage("--limit must be at least 1")
	}
	return withStore(ctx, root, s, func(st *store.Store) error {
		list, err := st.Suppressions(ctx, c.All, c.Limit)
		if err != nil {
			return fmt.Errorf("list the suppressions: %w", err)
		}
		docs := make([]suppressionDoc, len(list))
		for i := range list {
			docs[i] = suppressionDocOf(&list[i])
		}
		if c.JSON {
			return printJSON(s.out, docs)
		}
		say := printer{w: s.out}
		for i := range docs {
			docs[i].line(&say)
		}
		if len(docs) == 0 {
			say.line("no address is suppressed")
		}
		return say.err
	})
}

type suppressionsAddCmd struct {
	Address string `arg:"" help:"The address."`
	Why     string `required:"" help:"Why, for whoever comes next; it stays in the ledger." placeholder:"TEXT"`
	By      string `help:"Who does it; it stays in the ledger." default:"command line"`
	JSON    bool   `name:"json" help:"Print one JSON document."`
}

// Run suppresses an address. One that is suppressed already stays as it is, for the reason it has.
func (c *suppressionsAddCmd) Run(ctx context.Context, root *cli, s streams) error {
	address := strings.ToLower(c.Address)
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		return usage("%q is no plain address such as maya@client.example", c.Address)
	}
	if strings.TrimSpace(c.Why) == "" {
		return usage("--why must say why")
	}
	return withStore(ctx, root, s, func(st *store.Store) error {
		err := st.Suppress(ctx, models.Suppression{Address: address, Reason: models.SuppressedByHand, Detail: strings.TrimSpace(c.Why), By: c.By, At: time.Now()})
		if err != nil {
			return fmt.Errorf("suppress an address: %w", err)
		}
		on, err := suppressionOn(ctx, st, address)
		if err != nil {
			return err
		}
		return on.print(s, c.JSON)
	})
}

type suppressionsLiftCmd struct {
	Address string `arg:"" help:"The address, or the suppression's number."`
	By      string `help:"Who does it; it stays in the ledger." default:"command line"`
	JSON    bool   `name:"json" help:"Print one JSON document."`
}

// Run lifts the suppression of an address.
func (c *suppressionsLiftCmd) Run(ctx context.Context, root *cli, s streams) error {
	return withStore(ctx, root, s, func(st *store.Store) error {
		d, err := suppressionOn(ctx, st, strings.ToLower(c.Address))
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		if err := st.LiftSuppression(ctx, d.ID, c.By, now); err != nil {
			return fmt.Errorf("lift a suppression: %w", err)
		}
		d.LiftedAt, d.LiftedBy = &now, &c.By
		return d.print(s, c.JSON)
	})
}

// suppressionOn finds what is on for an address, or by its number.
func suppressionOn(ctx context.Context, st *store.Store, which string) (suppressionDoc, error) {
	list, err := st.Suppressions(ctx, false, math.MaxInt32)
	if err != nil {
		return suppressionDoc{}, fmt.Errorf("find a suppression: %w", err)
	}
	i := slices.IndexFunc(list, func(sup models.Suppression) bool {
		return sup.Address == which || strconv.FormatInt(sup.ID, 10) == which
	})
	if i < 0 {
		return suppressionDoc{}, usage("%s is not suppressed; deedwatch suppressions list shows what is", which)
	}
	return suppressionDocOf(&list[i]), nil
}
