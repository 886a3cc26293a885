package dashboard

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/krestmarketing/deedwatch/models"
)

// Text writes the proof as plain text, to be read and printed.
func (e ProofExport) Text(ctx context.Context, q models.ProofQuery, w io.Writer) error {
	v, err := e.view(ctx, q)
	if err != nil {
		return err
	}
	v.Period = e.period(q)
	t, err := template.New("proof.txt").Funcs(template.FuncMap{"plural": plural, "thousands": thousands, "indent": indented}).ParseFS(templateFiles, "templates/proof.txt")
	if err != nil {
		return fmt.Errorf("parse the proof's template: %w", err)
	}
	if err := t.Execute(w, v); err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	return nil
}

// indented sets a text apart from what stands around it: nothing inside can look like a line of the document.
func indented(text string) string {
	return "    | " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    | ")
}

// period words the time that is asked for; empty: all.
func (e ProofExport) period(q models.ProofQuery) string {
	d := dates{now: e.Now, loc: e.Zone}
	var parts []string
	if q.From != nil {
		parts = append(parts, "from "+d.moment(*q.From))
	}
	if q.Until != nil {
		parts = append(parts, "before "+d.moment(*q.Until))
	}
	return strings.Join(parts, ", ")
}
