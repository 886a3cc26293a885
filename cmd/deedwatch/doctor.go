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
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/store"
)

type doctorCmd struct {
	Settings bool `help:"List every setting with the variable that overrides it."`
	Offline  bool `help:"Do not try the network."`
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
	found := []examination{{"settings", "ok", "valid"}}
	found = append(found, examineDatabase(ctx, storeOptions(cfg, log))...)
	found = append(found, examineMail(ctx, cfg, c.Offline))
	if !c.Offline {
		l, err := newLooks(cfg, time.Now, log)
		if err != nil {
			return err
		}
		found = append(found, examineBootstrap(ctx, l), examineDNS(ctx, l))
	}
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

// examineDatabase tries the database, its schema, the suffixes that nothing covers and the sweeps.
func examineDatabase(ctx context.Context, o store.Options) []examination {
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
	return append(found, examineCoverage(ctx, st), examineSweeps(ctx, st))
}

// examineCoverage names the suffixes under watch for which no registry server is known.
func examineCoverage(ctx context.Context, st *store.Store) examination {
	board, err := st.Board(ctx, models.BoardQuery{Now: time.Now(), Loc: time.UTC})
	if err != nil {
		return examination{"coverage", "bad", err.Error()}
	}
	var uncovered []string
	for _, r := range board.Rows {
		if r.Domain.RegistryServer == monitor.ServerUnsupported && !slices.Contains(uncovered, r.Domain.Suffix) {
			uncovered = append(uncovered, r.Domain.Suffix)
		}
	}
	if len(uncovered) > 0 {
		slices.Sort(uncovered)
		return examination{"coverage", "warning", fmt.Sprintf("no RDAP or WHOIS server is known for %v: add it under rdap.overrides or whois.servers", uncovered)}
	}
	return examination{"coverage", "ok", fmt.Sprintf("%d names, every suffix has a server", board.Total)}
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

func examineBootstrap(ctx context.Context, l looks) examination {
	err := l.rdap.Refresh(ctx)
	n := len(l.rdap.Directory().Suffixes())
	if err != nil {
		return examination{"rdap", "warning", fmt.Sprintf("the list of servers could not be refreshed, %d suffixes are known from before: %v", n, err)}
	}
	return examination{"rdap", "ok", fmt.Sprintf("%d suffixes have a server", n)}
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
