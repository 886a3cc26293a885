package notify

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// defaultLanguage is the one whose texts say which texts there are; a text in another language is one more folder of the same files.
const defaultLanguage = "en"

// The files of a language beside its texts.
const (
	wordsFile = "words.json"
	rulesFile = "rules.json"
	textsEnd  = ".tmpl"
)

// wording is everything that notices say in one language.
type wording struct {
	lang  string
	texts *template.Template
	words dateWords
	rules rules
	from  map[string]string // where a text was written, FILE:LINE
	said  map[string]bool   // when not nil, the texts that were executed
}

// shippedWordings reads the languages that come with the program.
func shippedWordings() (map[string]*wording, error) {
	root, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	all := map[string]*wording{}
	dirs, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		if d.IsDir() {
			all[d.Name()] = &wording{lang: d.Name(), texts: template.New(d.Name()).Option("missingkey=error"), from: map[string]string{}}
			if err := all[d.Name()].read(root, d.Name(), "templates"); err != nil {
				return nil, err
			}
		}
	}
	for _, w := range all {
		if err := w.complete(all[defaultLanguage]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// read takes the files of a folder into the wording; what is there already is replaced. shown is how the folder's parent is called in errors.
func (w *wording) read(root fs.FS, dir, shown string) error {
	files, err := fs.ReadDir(root, dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		name := path.Join(dir, f.Name())
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		switch where := path.Join(shown, name); {
		case f.Name() == wordsFile:
			errs = append(errs, strictJSON(raw, &w.words, where))
		case f.Name() == rulesFile:
			errs = append(errs, strictJSON(raw, &w.rules, where))
		case strings.HasSuffix(f.Name(), textsEnd):
			errs = append(errs, w.parse(string(raw), where))
		default:
			errs = append(errs, fmt.Errorf("%s: no file of that name is known; texts are in files that end in %s", where, textsEnd))
		}
	}
	return errors.Join(errs...)
}

func strictJSON(raw []byte, into any, where string) error {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		line := 1 + strings.Count(string(raw[:min(int(dec.InputOffset()), len(raw))]), "\n")
		return fmt.Errorf("%s:%d: %w", where, line, err)
	}
	return nil
}

// parse adds the texts of one file.
func (w *wording) parse(source, where string) error {
	set, err := template.New(where).Option("missingkey=error").Parse(source)
	if err != nil {
		return fmt.Errorf("%w", err) // names file and line by itself
	}
	for _, t := range set.Templates() {
		if t.Tree == nil {
			continue
		}
		line := fmt.Sprintf("%s:%d", where, 1+strings.Count(source[:int(t.Root.Position())], "\n"))
		empty := strings.TrimSpace(t.Root.String()) == ""
		if t.Name() == where {
			if !empty {
				return fmt.Errorf("%s: there are words outside of a text; put them between {{define \"NAME\"}} and {{end}}", line)
			}
			continue
		}
		if empty {
			return fmt.Errorf("%s: the text %q is empty", line, t.Name())
		}
		if _, err := w.texts.AddParseTree(t.Name(), t.Tree); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		w.from[t.Name()] = line
	}
	return nil
}

// complete says what is missing: every text that the default language has, and every one that a letter asks for.
func (w *wording) complete(whole *wording) error {
	var errs []error
	for _, name := range append(whole.names(), requiredTexts()...) {
		if w.texts.Lookup(name) == nil {
			errs = append(errs, fmt.Errorf("the text %q is missing in the language %s", name, w.lang))
		}
	}
	for _, name := range w.names() {
		if whole.texts.Lookup(name) == nil {
			errs = append(errs, fmt.Errorf("%s: no text is called %q", w.from[name], name))
		}
	}
	if missing := w.words.complete(); missing != "" {
		errs = append(errs, fmt.Errorf("%s/%s: say %s", w.lang, wordsFile, missing))
	}
	if missing := w.rules.complete(); missing != "" {
		errs = append(errs, fmt.Errorf("%s/%s: say %s", w.lang, rulesFile, missing))
	}
	return errors.Join(append(errs, w.checkTrees())...)
}

// names lists the texts by name.
func (w *wording) names() []string {
	var names []string
	for _, t := range w.texts.Templates() {
		if t.Tree != nil && t.Name() != w.lang {
			names = append(names, t.Name())
		}
	}
	slices.Sort(names)
	return names
}

// requiredTexts lists what letters ask for by the name of a kind.
func requiredTexts() []string {
	var names []string
	for _, row := range kinds {
		parts := slices.Clone(kindTexts)
		switch {
		case row.like != "":
			parts = []string{"subject", "preheader", "title"}
		case row.steps:
			parts = append(parts, stepTexts...)
		}
		for _, part := range parts {
			names = append(names, string(row.kind)+"."+part)
		}
	}
	for _, several := range []string{severalNames, severalAccess} {
		for _, part := range []string{"subject", "preheader", "title", "lead", "closing", "button"} {
			names = append(names, several+"."+part)
		}
	}
	return names
}

// name gives the text of a kind, or of the kind that it is like.
func (w *wording) name(k kind, part string) string {
	if name := string(k) + "." + part; w.texts.Lookup(name) != nil {
		return name
	}
	return string(k.base()) + "." + part
}

// say executes one text and gives it on one line.
func (w *wording) say(name string, data *itemView) (string, error) {
	paragraphs, err := w.paragraphs(name, data)
	return strings.Join(paragraphs, " "), err
}

// paragraphs executes one text and gives its paragraphs, each on one line.
func (w *wording) paragraphs(name string, data *itemView) ([]string, error) {
	var b strings.Builder
	if w.said != nil {
		w.said[name] = true
	}
	if err := w.texts.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("word %s in %s: %w", name, w.lang, err)
	}
	var out []string
	for p := range strings.SplitSeq(b.String(), "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out, nil
}
