package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/notify"
)

type noticesPreviewCmd struct {
	Stage     []string `help:"Only these: d30, soon after expiry p1, hold, records …; or one variant by its full name. May be given several times." placeholder:"STAGE"`
	Language  []string `help:"Only these languages, such as en or es." placeholder:"TAG"`
	Out       string   `help:"Write each notice into this folder, as text, HTML and calendar file." placeholder:"DIR" type:"path"`
	Templates string   `help:"A folder of own texts, in the place of notices.templates." placeholder:"DIR" type:"path"`
	JSON      bool     `name:"json" help:"Print one JSON document."`
}

// previewDoc is one notice as it reads.
type previewDoc struct {
	Stage    string   `json:"stage"`
	Sample   string   `json:"sample"`
	Language string   `json:"language"`
	Subject  string   `json:"subject"`
	Bytes    int      `json:"bytes"`
	Text     string   `json:"text,omitempty"`
	HTML     string   `json:"html,omitempty"`
	ICS      string   `json:"ics,omitempty"`
	Files    []string `json:"files,omitempty"`
}

// Run words the samples. It needs no database, and of the settings only what the agency is called and its texts.
func (c *noticesPreviewCmd) Run(_ context.Context, root *cli, s streams) error {
	cfg, _, err := root.load(s)
	if err != nil {
		return err
	}
	if cfg.Notices.Templates = cmp.Or(c.Templates, cfg.Notices.Templates); c.Templates != "" {
		if info, err := os.Stat(c.Templates); err != nil || !info.IsDir() {
			return usage("--templates: %s is not a folder", c.Templates)
		}
	}
	r, err := previewRenderer(cfg)
	if err != nil {
		return err
	}
	samples, languages, err := c.wanted(r)
	if err != nil {
		return err
	}
	var docs []previewDoc
	for _, sample := range samples {
		for _, lang := range languages {
			doc, err := c.preview(r, sample, lang, policy(cfg))
			if err != nil {
				return err
			}
			docs = append(docs, doc)
		}
	}
	return c.print(docs, s)
}

// previewRenderer words for the configured agency; while that is not filled in, for an invented one.
func previewRenderer(cfg configs.Config) (*notify.Renderer, error) {
	a := agency(cfg)
	if cfg.Agency.Phone == "" || a.Validate() != nil {
		a = notify.SampleAgency()
	}
	r, err := notify.NewRenderer(a, noticeWords(cfg))
	if err != nil {
		return nil, &configs.Error{Source: "notices", Msg: err.Error()}
	}
	return r, nil
}

// wanted chooses the samples and the languages.
func (c *noticesPreviewCmd) wanted(r *notify.Renderer) (samples []notify.Sample, languages []string, err error) {
	all := notify.Samples()
	var known []string
	for _, s := range all {
		for _, name := range []string{stem(s), s.Name} {
			if !slices.Contains(known, name) {
				known = append(known, name)
			}
		}
		if len(c.Stage) == 0 || slices.Contains(c.Stage, stem(s)) || slices.Contains(c.Stage, s.Name) {
			samples = append(samples, s)
		}
	}
	for _, stage := range c.Stage {
		if !slices.Contains(known, stage) {
			return nil, nil, usage("--stage: there is no %q; choose of %s", stage, strings.Join(known, ", "))
		}
	}
	languages = r.Languages()
	for _, lang := range c.Language {
		if !slices.Contains(languages, lang) {
			return nil, nil, usage("--language: there is no %q; choose of %s", lang, strings.Join(languages, ", "))
		}
	}
	if len(c.Language) > 0 {
		languages = c.Language
	}
	return samples, languages, nil
}

// stem is a sample's name without its variant: a stage, or several for messages that carry many.
func stem(s notify.Sample) string {
	name, _, _ := strings.Cut(s.Name, "-")
	return name
}

// preview words one sample, and writes it into the folder if there is one.
func (c *noticesPreviewCmd) preview(r *notify.Renderer, sample notify.Sample, lang string, p notify.Policy) (previewDoc, error) {
	sample.Letter.Contact.Language = lang
	made, err := r.Render(&sample.Letter, notify.SampleURL, p, sample.Now)
	if err != nil {
		return previewDoc{}, err
	}
	doc := previewDoc{Stage: stem(sample), Sample: sample.Name, Language: lang, Subject: made.Subject, Bytes: made.Size()}
	if c.Out == "" {
		doc.Text, doc.HTML, doc.ICS = made.Text, made.HTML, string(made.ICS)
		return doc, nil
	}
	if err := os.MkdirAll(c.Out, 0o750); err != nil {
		return previewDoc{}, fmt.Errorf("write the previews: %w", err)
	}
	for _, part := range []struct{ end, text string }{{".txt", "Subject: " + made.Subject + "\n\n" + made.Text}, {".html", made.HTML}, {".ics", string(made.ICS)}} {
		if part.text == "" {
			continue
		}
		file := filepath.Join(c.Out, sample.Name+"."+lang+part.end)
		if err := os.WriteFile(file, []byte(part.text), 0o600); err != nil {
			return previewDoc{}, fmt.Errorf("write the previews: %w", err)
		}
		doc.Files = append(doc.Files, file)
	}
	return doc, nil
}

func (c *noticesPreviewCmd) print(docs []previewDoc, s streams) error {
	if c.JSON {
		return printJSON(s.out, docs)
	}
	say := printer{w: s.out}
	for i, d := range docs {
		if c.Out != "" {
			say.line("%-28s %-4s %6d bytes  %s", d.Sample, d.Language, d.Bytes, d.Subject)
			continue
		}
		if i > 0 {
			say.line("\n%s\n", strings.Repeat("=", 72))
		}
		say.line("[%s, %s]\nSubject: %s\n\n%s", d.Sample, d.Language, d.Subject, strings.TrimRight(d.Text, "\n"))
	}
	return say.err
}
