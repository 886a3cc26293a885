package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

type doctorCmd struct {
	Settings bool `help:"List every setting with the variable that overrides it."`
	Offline  bool `help:"Do not try the network."`
	Ping     bool `help:"Send each webhook and the chat of ops a test message."`
	JSON     bool `name:"json" help:"Print one JSON document."`
}

// examination is one thing the doctor looked at.
type examination struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warning, bad
	Detail string `json:"detail"`
}

// Run examines everything and exits 1 when something is bad.
func (c *doctorCmd) Run(ctx context.Context, root *cli, s streams) error {
	if c.Settings {
		return listSettings(s.out)
	}
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	found := []examination{{"settings", "ok", "valid"}, examineNames(cfg)}
	l, err := newLooks(cfg, time.Now, log)
	if err != nil {
		found = append(found, examination{"looks", "bad", err.Error()})
		found = append(found, examineDatabase(ctx, storeOptions(cfg, log), nil)...)
	} else {
		found = append(found, examineBootstrap(ctx, l.rdap, time.Now(), c.Offline)) // before the coverage, which it widens
		found = append(found, examineDatabase(ctx, storeOptions(cfg, log), &l)...)
	}
	found = append(found, examineMail(ctx, cfg, c.Offline))
	found = append(found, examineBounces(ctx, cfg, c.Offline)...)
	found = append(found, c.examineOps(ctx, cfg, log)...)
	if err == nil && !c.Offline {
		found = append(found, examineDNS(ctx, l))
	}
	err = nil
	if c.JSON {
		err = printJSON(s.out, found)
	} else {
		say := printer{w: s.out}
		for _, f := range found {
			say.line("%-8s %-12s %s", f.State, f.Name, f.Detail)
		}
		err = say.err
	}
	if slices.ContainsFunc(found, func(f examination) bool { return f.State == "bad" }) {
		err = errors.Join(err, &exitError{code: exitProblems})
	}
	return err
}

func listSettings(w io.Writer) error {
	keys := configs.Keys()
	say := printer{w: w}
	for _, env := range slices.Sorted(maps.Keys(keys)) {
		say.line("%-34s %s", keys[env], env)
	}
	return say.err
}

// examineDatabase tries the database, its schema, the suffixes under watch and the sweeps. Without looks the suffixes are passed over.
func examineDatabase(ctx context.Context, o store.Options, l *looks) []examination {
	st, err := store.Open(ctx, o)
	if errors.Is(err, store.ErrSchemaBehind) {
		return []examination{{"database", "bad", "the schema is behind: run deedwatch migrate"}}
	}
	if err != nil {
		return []examination{{"database", "bad", err.Error()}}
	}
	defer func() { _ = st.Close() }()
	found := []examination{{"database", "ok", st.Engine()}}
	if n, err := st.VerifyLedger(ctx); err != nil {
		found = append(found, examination{"ledger", "bad", err.Error()})
	} else {
		found = append(found, examination{"ledger", "ok", fmt.Sprintf("%d entries, the chain holds", n)})
	}
	if l != nil {
		found = append(found, examineCoverage(ctx, st, l)...)
	}
	return append(found, examineLags(ctx, st, time.Now()), examineSweeps(ctx, st))
}

func examineSweeps(ctx context.Context, st *store.Store) examination {
	sweeps, err := st.Sweeps(ctx)
	if err != nil {
		return examination{"sweeps", "bad", err.Error()}
	}
	if len(sweeps) == 0 {
		return examination{"sweeps", "warning", "no worker has run yet: start deedwatch serve or deedwatch work"}
	}
	for _, s := range sweeps {
		if s.Error != "" {
			return examination{"sweeps", "bad", s.Name + ": " + s.Error}
		}
		if s.Name != "upkeep" && s.FinishedAt != nil && time.Since(*s.FinishedAt) > 30*time.Minute {
			return examination{"sweeps", "bad", fmt.Sprintf("%s has not finished since %s: is a worker running?", s.Name, s.FinishedAt.Format(time.RFC3339))}
		}
	}
	return examination{"sweeps", "ok", "all finished lately"}
}

func examineMail(ctx context.Context, cfg configs.Config, offline bool) examination {
	if cfg.SMTP.Address == "" {
		return examination{"mail", "warning", "smtp.address is not set: notices are planned and wait"}
	}
	if offline {
		return examination{"mail", "ok", cfg.SMTP.Address + ", not tried"}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", cfg.SMTP.Address)
	if err != nil {
		return examination{"mail", "bad", fmt.Sprintf("can't reach %s: %v", cfg.SMTP.Address, err)}
	}
	_ = conn.Close()
	return examination{"mail", "ok", cfg.SMTP.Address + " answers"}
}

// examineDNS asks the root for a name that can't be there: any authoritative answer will do.
func examineDNS(ctx context.Context, l looks) examination {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	look := l.dns.Look(ctx, "deedwatch-doctor.invalid", nil)
	if look.Outcome.Answered() || look.Outcome == models.OutcomeUnsupported {
		return examination{"dns", "ok", "the root answers"}
	}
	return examination{"dns", "bad", "the root does not answer: " + look.Detail}
}
