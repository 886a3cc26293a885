package notify

import (
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"
)

// The layouts of the two parts. They stand beside the languages.
const (
	textLayout = "layout.txt.tmpl"
	htmlLayout = "layout.html.tmpl"
)

func isLayout(name string) bool { return name == textLayout || name == htmlLayout }

// textWidth is the longest line of the text part.
const textWidth = 72

// loadLayouts reads the layouts, the agency's own where its folder has them.
func loadLayouts(folder fs.FS, shown string) (text *template.Template, html *htmltemplate.Template, err error) {
	source, where, err := layoutSource(folder, shown, textLayout)
	if err != nil {
		return nil, nil, err
	}
	if text, err = template.New(where).Option("missingkey=error").Funcs(textFuncs).Parse(source); err != nil {
		return nil, nil, err
	}
	if source, where, err = layoutSource(folder, shown, htmlLayout); err != nil {
		return nil, nil, err
	}
	html, err = htmltemplate.New(where).Option("missingkey=error").Funcs(htmlFuncs).Parse(source)
	return text, html, err
}

// ownLayout reports whether a folder has a layout.
func ownLayout(folder fs.FS) bool {
	for _, name := range []string{textLayout, htmlLayout} {
		if _, err := fs.Stat(folder, name); err == nil {
			return true
		}
	}
	return false
}

func layoutSource(folder fs.FS, shown, name string) (source, where string, err error) {
	if folder != nil {
		if raw, err := fs.ReadFile(folder, name); err == nil {
			return string(raw), path.Join(shown, name), nil
		}
	}
	raw, err := templates.ReadFile(path.Join("templates", name))
	return string(raw), name, err
}

var textFuncs = template.FuncMap{
	"wrap":   func(s, indent string) string { return wrap(s, textWidth-len(indent), indent) },
	"upper":  strings.ToUpper,
	"rule":   func(s, c string) string { return strings.Repeat(c, min(utf8.RuneCountInString(s), textWidth)) },
	"number": func(i int) string { return strconv.Itoa(i+1) + "." },
	"fact":   textFact,
	"value":  func(label, value string) string { return "  " + label + ": " + value }, // on one line, to be copied
}

var htmlFuncs = htmltemplate.FuncMap{
	"inc":     func(i int) int { return i + 1 },
	"outlook": outlook,
}

// textFact writes one fact as an indented line, its value in a column of its own.
func textFact(label, value string) string {
	const column = 18
	indent := strings.Repeat(" ", 2+column)
	if utf8.RuneCountInString(label)+1 >= column {
		return "  " + label + ":\n" + indent + wrap(value, textWidth-len(indent), indent)
	}
	return fmt.Sprintf("  %-*s%s", column, label+":", wrap(value, textWidth-len(indent), indent))
}

// outlook gives the conditional comments that hold the width in Outlook, which knows no max-width, and the font, which its tables do not inherit. html/template drops comments, so they
// are inserted as constants.
func outlook(which string) htmltemplate.HTML {
	switch which {
	case "fonts":
		return `<!--[if mso]><style>td,th,p,div,h1,h2,h3{font-family:Arial,sans-serif;}</style><![endif]-->`
	case "open":
		return `<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
	}
	return `<!--[if mso]></td></tr></table><![endif]-->`
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
