package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
	"github.com/krestmarketing/deedwatch/store"
)

// staleBootstrap is the age from which the list of RDAP servers deserves a word: it is fetched daily.
const staleBootstrap = 7 * 24 * time.Hour

// examineBootstrap says how many suffixes have an RDAP server, where the list of them came from and how old it is. Unless offline, it is
// refreshed first.
func examineBootstrap(ctx context.Context, c *rdap.Client, now time.Time, offline bool) examination {
	var failed error
	if !offline {
		failed = c.Refresh(ctx)
	}
	state := c.Directory().State()
	detail := fmt.Sprintf("%d suffixes have a server; %s", state.Suffixes, provenance(state, now))
	if state.Overrides > 0 {
		detail += fmt.Sprintf("; %d of them by rdap.overrides", state.Overrides)
	}
	switch {
	case failed != nil:
		return examination{"rdap", "warning", detail + "; it could not be refreshed: " + failed.Error()}
	case state.Origin == rdap.FromNothing:
		return examination{"rdap", "warning", detail}
	case !state.CheckedAt.IsZero() && now.Sub(state.CheckedAt) > staleBootstrap:
		return examination{"rdap", "warning", detail + "; check that the source can be reached"}
	}
	return examination{"rdap", "ok", detail}
}

// provenance tells where the list came from and how old it is.
func provenance(s rdap.State, now time.Time) string {
	published := ""
	if s.Published != "" {
		published = ", published on " + s.Published
	}
	checked := fmt.Sprintf("confirmed on %s, %s ago", s.CheckedAt.UTC().Format(time.DateOnly), now.Sub(s.CheckedAt).Round(time.Minute))
	switch s.Origin {
	case rdap.FromSeed:
		return "the list is the one that the program carries" + published + "; " + s.Source + " was not fetched yet"
	case rdap.FromFile:
		return "the list is the file " + s.Source + published
	case rdap.FromDisk:
		return "the list is the copy on disk of " + s.Source + published + ", " + checked
	case rdap.FromNetwork:
		return "the list is " + s.Source + published + ", " + checked
	default:
		return s.Source + " was not fetched yet, and there is no list without it"
	}
}

// suffixUse is a suffix under watch and the server that is asked for its names. Names below one suffix may have different servers by
// rdap.overrides.
type suffixUse struct{ suffix, server string }

// examineCoverage says for every suffix under watch which kind of server is asked: RDAP, WHOIS or none.
func examineCoverage(ctx context.Context, st *store.Store, l *looks) []examination {
	board, err := st.Board(ctx, models.BoardQuery{Now: time.Now(), Loc: time.UTC})
	if err != nil {
		return []examination{{"coverage", "bad", err.Error()}}
	}
	names := map[suffixUse]int{}
	for i := range board.Rows {
		d := &board.Rows[i].Domain
		names[suffixUse{d.Suffix, l.serverOf(d.Name)}]++
	}
	uses := slices.SortedFunc(maps.Keys(names), func(a, b suffixUse) int {
		return cmp.Or(cmp.Compare(a.suffix, b.suffix), cmp.Compare(a.server, b.server))
	})
	rows := make([]examination, 1, len(uses)+1)
	var uncovered []string
	for _, u := range uses {
		row := examination{"." + u.suffix, "ok", fmt.Sprintf("%s, names: %d", u.server, names[u])}
		if u.server == "" {
			row.State, row.Detail = "warning", fmt.Sprintf("none, names: %d; they are not looked at and need attested dates", names[u])
			uncovered = append(uncovered, u.suffix)
		}
		rows = append(rows, row)
	}
	rows[0] = examination{"coverage", "ok", fmt.Sprintf("%d names, every suffix has a server", board.Total)}
	if len(uncovered) > 0 {
		rows[0].State = "warning"
		rows[0].Detail = "suffix not covered: " + strings.Join(uncovered, ", ") + "; no RDAP or WHOIS server is known: add it under rdap.overrides or whois.servers"
	}
	return rows
}

// serverOf says which server is asked for a name; empty: none is known.
func (l *looks) serverOf(name string) string {
	if base, ok := l.rdap.Server(name); ok {
		if l.rdap.Directory().Overridden(name) {
			return "RDAP " + base + " (rdap.overrides)"
		}
		return "RDAP " + base
	}
	if server, ok := l.whois.Server(name); ok {
		return "WHOIS " + server
	}
	return ""
}

// examineLags names the registry servers that names wait for longer than they should.
func examineLags(ctx context.Context, st *store.Store, now time.Time) examination {
	lags, err := st.ServerLags(ctx, now)
	if err != nil {
		return examination{"servers", "bad", err.Error()}
	}
	var behind []string
	for i := range lags {
		l := &lags[i]
		if !l.Behind(now) {
			continue
		}
		text := fmt.Sprintf("%s: %d names wait, the longest for %s", l.Server, l.Due, now.Sub(*l.Oldest).Round(time.Minute))
		if until := l.Memory.BlockedUntil; until != nil && until.After(now) {
			text += "; it is left alone until " + until.UTC().Format(time.RFC3339)
		}
		behind = append(behind, text)
	}
	if len(behind) > 0 {
		return examination{"servers", "warning", strings.Join(behind, "; ") + ". Is a worker running? Does the server's limit suffice? See bench registration --plan and politeness.servers"}
	}
	return examination{"servers", "ok", fmt.Sprintf("%d registry servers, no name waits too long", len(lags))}
}
