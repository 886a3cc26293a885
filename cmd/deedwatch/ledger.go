package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

type ledgerCmd struct {
	Verify ledgerVerifyCmd `cmd:"" help:"Verify the chain of hashes, and what its lines vouch for."`
	Export ledgerExportCmd `cmd:"" help:"Write the proof of what a client was told."`
	Erase  ledgerEraseCmd  `cmd:"" name:"erase-contact" help:"Take out what names a person, and keep the proof's hashes."`
}

type ledgerVerifyCmd struct {
	ExpectHead  []string `help:"A last hash that was noted earlier and must still be in the ledger; may be given several times." placeholder:"HASH"`
	Checkpoints string   `help:"A file of heads kept elsewhere: each must still be in the ledger; then the present one is added." placeholder:"FILE" type:"path"`
	JSON        bool     `name:"json" help:"Print one JSON document."`
}

// ledgerDoc is what verify prints.
type ledgerDoc struct {
	Holds        bool          `json:"holds"`
	Entries      int           `json:"entries"`
	Head         string        `json:"head"`
	Erased       int           `json:"erased"`
	Messages     int           `json:"messages"`
	Observations int           `json:"observations"`
	Answers      int           `json:"answers"`
	Kept         []keptHeadDoc `json:"kept"`
	Line         *int64        `json:"line"`
	Reason       *string       `json:"reason"`
}

type keptHeadDoc struct {
	Head  string `json:"head"`
	Line  int64  `json:"line"`
	Since int    `json:"since"`
}

// Run exits 1 when something was changed, removed, moved or made up, and 3 when the ledger can't be read.
func (c *ledgerVerifyCmd) Run(ctx context.Context, root *cli, s streams) error {
	kept, err := c.kept()
	if err != nil {
		return err
	}
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return &exitError{code: exitNoLook, msg: fmt.Sprintf("open the database: %v", err)}
	}
	state, err := st.AuditLedger(ctx, kept)
	if closed := st.Close(); closed != nil {
		err = errors.Join(err, closed)
	}
	broken, changed := errors.AsType[*store.LedgerError](err)
	if err != nil && !changed {
		return &exitError{code: exitNoLook, msg: err.Error()}
	}
	if err := c.print(s.out, state, broken); err != nil {
		return err
	}
	if changed {
		return &exitError{code: exitProblems}
	}
	return c.note(state, time.Now())
}

// kept gives the heads that must be in the ledger: those of the command line and those of the file, which need not be there yet.
func (c *ledgerVerifyCmd) kept() ([]string, error) {
	heads := append([]string(nil), c.ExpectHead...)
	if c.Checkpoints != "" {
		content, err := os.ReadFile(c.Checkpoints)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, usage("--checkpoints: %v", err)
		}
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) == 0 {
				continue
			}
			heads = append(heads, fields[len(fields)-1])
		}
	}
	for _, h := range heads {
		if len(h) != 64 || strings.Trim(h, "0123456789abcdef") != "" {
			return nil, usage("%.80q is not a head: it has 64 digits, 0 to 9 and a to f, as ledger verify prints it", h)
		}
	}
	return heads, nil
}

// note adds the present head to the file of checkpoints.
func (c *ledgerVerifyCmd) note(state models.LedgerState, now time.Time) error {
	if c.Checkpoints == "" || state.Entries == 0 {
		return nil
	}
	f, err := os.OpenFile(c.Checkpoints, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return usage("--checkpoints: %v", err)
	}
	_, err = fmt.Fprintf(f, "%s %d %s\n", now.UTC().Format(time.RFC3339), state.Entries, state.Head)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("note the head: %w", err)
	}
	return nil
}

func (c *ledgerVerifyCmd) print(w io.Writer, state models.LedgerState, broken *store.LedgerError) error {
	if c.JSON {
		doc := ledgerDoc{
			Holds: broken == nil, Entries: state.Entries, Head: state.Head, Erased: state.Erased, Messages: state.Messages, Observations: state.Looks,
			Answers: state.Answers, Kept: []keptHeadDoc{},
		}
		for _, k := range state.Kept {
			doc.Kept = append(doc.Kept, keptHeadDoc{k.Hash, k.Line, k.Since})
		}
		if broken != nil {
			doc.Reason = &broken.Reason
			if broken.EntryID != 0 {
				doc.Line = &broken.EntryID
			}
		}
		return printJSON(w, doc)
	}
	say := printer{w: w}
	if broken != nil {
		say.line("THE LEDGER DOES NOT HOLD: %v", broken)
		say.line("%d lines before that hold, up to the hash %s", state.Entries, state.Head)
		return say.err
	}
	say.line("%d entries, the chain holds", state.Entries)
	say.line("head %s", state.Head)
	say.line("compared: %d lines on messages, %d observations, %d lines on answers; erased: %d lines", state.Messages, state.Looks, state.Answers, state.Erased)
	for _, k := range state.Kept {
		say.line("head %s is that of line %d, %d lines were added since", k.Hash, k.Line, k.Since)
	}
	return say.err
}
