package dashboard

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// firstLanguage is the one that says which words there are, and the one of readers whose language is not known.
const firstLanguage = "en"

// phrases are the words of the client's pages in one language. Only clients have a language; staff reads English.
type phrases struct {
	lang string

	Months       []string          `json:"months"`   // short, January first
	Weekdays     []string          `json:"weekdays"` // short, Sunday first
	WeekdaysLong []string          `json:"weekdays_long"`
	Zones        map[string]string `json:"zones"` // by their names in the time zone database; others are called as the agency calls its own
	Say          map[string]string `json:"say"`   // with {names} to be filled in, and **words** that weigh more
}

// placeholder is a word to be filled in.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// loadPhrases reads the words of every language that the client's pages speak. Each must say all, with the same words to be filled in.
func loadPhrases(files fs.FS) (map[string]*phrases, error) {
	names, err := fs.Glob(files, "templates/portal/*.json")
	if err != nil {
		return nil, fmt.Errorf("list the words: %w", err)
	}
	all := map[string]*phrases{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the words: %w", err)
		}
		p := &phrases{lang: strings.TrimSuffix(path.Base(name), ".json")}
		dec := json.NewDecoder(strings.NewReader(string(raw)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(p); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[p.lang] = p
	}
	first, ok := all[firstLanguage]
	if !ok {
		return nil, fmt.Errorf("no words in %s", firstLanguage)
	}
	for _, p := range all {
		if err := p.complete(first); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complete says what is missing beside the first language, and what it does not have.
func (p *phrases) complete(first *phrases) error {
	if len(p.Months) != 12 || len(p.Weekdays) != 7 || len(p.WeekdaysLong) != 7 {
		return fmt.Errorf("the words in %s lack months or weekdays", p.lang)
	}
	for key, text := range first.Say {
		own, ok := p.Say[key]
		if !ok || strings.TrimSpace(own) == "" {
			return fmt.Errorf("the words in %s lack %q", p.lang, key)
		}
		if want, got := blanks(text), blanks(own); !slices.Equal(want, got) {
			return fmt.Errorf("the words %q in %s fill in %v, want %v", key, p.lang, got, want)
		}
	}
	for key := range p.Say {
		if _, ok := first.Say[key]; !ok {
			return fmt.Errorf("the words in %s have %q, which %s has not", p.lang, key, firstLanguage)
		}
	}
	return nil
}

func blanks(text string) []string {
	names := placeholder.FindAllString(text, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

// Lang is the language's tag, for the page's own declaration.
func (p *phrases) Lang() string { return p.lang }

// T gives words as HTML, with pairs of a name and what is filled in. What is filled in is text and never markup.
func (p *phrases) T(key string, pairs ...any) (template.HTML, error) {
	fill, err := p.filler(key, pairs)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, part := range strings.Split(p.Say[key], "**") {
		words := fill(template.HTMLEscapeString(part), template.HTMLEscapeString)
		if i%2 == 1 {
			words = "<b>" + words + "</b>"
		}
		b.WriteString(words)
	}
	return template.HTML(b.String()), nil //nolint:gosec // the words are ours, and everything filled in is escaped
}

// text gives words as plain text. Words that are missing are a mistake in the program.
func (p *phrases) text(key string, pairs ...any) string {
	fill, err := p.filler(key, pairs)
	if err != nil {
		panic(err)
	}
	return fill(strings.ReplaceAll(p.Say[key], "**", ""), func(s string) string { return s })
}

// has reports whether there are words of that name.
func (p *phrases) has(key string) bool {
	_, ok := p.Say[key]
	return ok
}

// filler gives a function that fills in one text. It goes over the text once: what is filled in is not looked through for blanks.
func (p *phrases) filler(key string, pairs []any) (func(text string, escape func(string) string) string, error) {
	known, ok := p.Say[key]
	if !ok || len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dashboard: no words %q in %s, or half a pair", key, p.lang)
	}
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values["{"+fmt.Sprint(pairs[i])+"}"] = fmt.Sprint(pairs[i+1])
	}
	for _, name := range blanks(known) {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("dashboard: the words %q need %s", key, name)
		}
	}
	return func(text string, escape func(string) string) string {
		return placeholder.ReplaceAllStringFunc(text, func(name string) string { return escape(values[name]) })
	}, nil
}

// list joins words as a sentence does.
func (p *phrases) list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + p.text("and") + words[len(words)-1]
}

// List joins words as a sentence does, for templates.
func (p *phrases) List(words []string) string { return p.list(words) }

// speak gives the words for the first of the languages that is known: tags as in BCP 47, of which only the language counts.
func (s *Server) speak(tags ...string) *phrases {
	for _, tag := range append(tags, s.opt.Agency.Language, firstLanguage) {
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if p, ok := s.phrases[base]; ok {
			return p
		}
	}
	return s.phrases[firstLanguage]
}

// accepted lists the languages that a browser asks for, in its order, at most five.
func accepted(header string) []string {
	var tags []string
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(part, ";")
		if tags = append(tags, tag); len(tags) == 5 {
			break
		}
	}
	return tags
}
