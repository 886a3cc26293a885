package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// printer writes lines for people and remembers the first error, so that callers check once.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) date(label string, t *time.Time) {
	if t != nil {
		p.line("  %s: %s", label, t.UTC().Format("Mon 2 Jan 2006 15:04 UTC"))
	}
}

func (p *printer) words(label string, words []string) {
	if len(words) > 0 {
		p.line("  %s: %s", label, strings.Join(words, ", "))
	}
}
