package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
)

// mostPasted bounds what is read as names, in bytes.
const mostPasted = 4 << 20

type namesCmd struct {
	Text []string `arg:"" optional:"" help:"Names, addresses, URLs; without any, standard input is read."`
	JSON bool     `name:"json" help:"Print one JSON document."`
}

// nameDoc is what became of one piece of a pasted text.
type nameDoc struct {
	Line   int                 `json:"line"`
	Text   string              `json:"text"` // as it was given
	State  catalog.PastedState `json:"state"`
	Domain *string             `json:"domain"` // the registered name, A-label; null: refused
	Host   *string             `json:"host"`   // where a host below it was given
	Same   int                 `json:"same_as_line,omitempty"`
	Reason string              `json:"reason,omitempty"` // why it was refused, and what to give instead
}

// Run reads a pasted text as names and says what each piece comes to. It asks nobody and stores nothing; it exits 2 when a piece is refused.
func (c *namesCmd) Run(root *cli, s streams) error {
	cfg, _, err := root.load(s)
	if err != nil {
		return err
	}
	names, err := newNames(cfg)
	if err != nil {
		return err
	}
	text := strings.Join(c.Text, "\n")
	if len(c.Text) == 0 {
		raw, err := io.ReadAll(io.LimitReader(s.in, mostPasted+1))
		if err != nil {
			return fmt.Errorf("read the names: %w", err)
		}
		if len(raw) > mostPasted {
			return usage("more than %d MB: give the names in smaller pieces", mostPasted>>20)
		}
		text = string(raw)
	}
	docs, refused := []nameDoc{}, 0
	for _, p := range names.Split(text) {
		docs = append(docs, newNameDoc(p))
		if p.State == catalog.PastedRefused {
			refused++
		}
	}
	if c.JSON {
		err = printJSON(s.out, docs)
	} else {
		err = printNames(s.out, docs)
	}
	if err == nil && refused > 0 {
		err = &exitError{code: exitUsage}
	}
	return err
}

func newNameDoc(p catalog.Pasted) nameDoc {
	d := nameDoc{Line: p.Line, Text: p.Text, State: p.State, Same: p.First, Reason: p.Reason}
	if p.State == catalog.PastedRefused {
		return d
	}
	d.Domain = &p.Name.Registrable
	if p.Name.Host != p.Name.Registrable {
		d.Host = &p.Name.Host
	}
	return d
}

// printNames shows the pieces to people; what was given is foreign text and stands in quotes.
func printNames(w io.Writer, docs []nameDoc) error {
	say := printer{w: w}
	for _, d := range docs {
		switch {
		case d.Domain == nil:
			say.line("line %d: %q refused: %s", d.Line, d.Text, d.Reason)
		case d.State == catalog.PastedDuplicate:
			say.line("line %d: %s, the same as line %d", d.Line, *d.Domain, d.Same)
		case d.Host != nil:
			say.line("line %d: %s, watched for its host %s", d.Line, *d.Domain, *d.Host)
		default:
			say.line("line %d: %s", d.Line, *d.Domain)
		}
	}
	return say.err
}
