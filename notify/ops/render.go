package ops

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"

	"github.com/krestmarketing/deedwatch/notify"
)

//go:embed templates
var templates embed.FS

// textWidth is the longest line of the text part.
const textWidth = 72

// Rendered is a digest, ready for a message.
type Rendered struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

var (
	digestText = template.Must(template.New("digest.txt.tmpl").Option("missingkey=error").Funcs(template.FuncMap{
		"wrap":  func(s, indent string) string { return notify.Wrap(s, textWidth-len(indent), indent) },
		"upper": strings.ToUpper,
	}).ParseFS(templates, "templates/digest.txt.tmpl"))
	digestHTML = htmltemplate.Must(htmltemplate.New("digest.html.tmpl").Option("missingkey=error").ParseFS(templates, "templates/digest.html.tmpl"))
)

// render puts a digest into both parts.
func render(d digest) (Rendered, error) {
	var text, html bytes.Buffer
	if err := digestText.Execute(&text, d); err != nil {
		return Rendered{}, fmt.Errorf("digest: %w", err)
	}
	if err := digestHTML.Execute(&html, d); err != nil {
		return Rendered{}, fmt.Errorf("digest: %w", err)
	}
	return Rendered{Subject: d.Subject, Text: text.String(), HTML: html.String()}, nil
}
