package notify

import (
	"slices"
	"text/template/parse"
)

// DeadTexts lists the texts of a language that no sample reaches, by themselves or called by another.
func DeadTexts(lang string, repair RepairFunc) []string {
	shipped, err := shippedOnce()
	if err != nil {
		return []string{err.Error()}
	}
	w, err := shipped.wordings[lang].clone()
	if err != nil {
		return []string{err.Error()}
	}
	w.said = map[string]bool{}
	r := *shipped
	r.agency, r.repair = sampleAgency, repair
	r.wordings = map[string]*wording{lang: w, defaultLanguage: w}
	for _, s := range Samples() {
		s.Letter.Contact.Language = lang
		if _, err := r.Render(&s.Letter, SampleURL, samplePolicy(), s.Now); err != nil {
			return []string{err.Error()}
		}
	}
	for changed := true; changed; { // what a text calls is reached with it
		changed = false
		for name := range w.said {
			for _, called := range calls(w.texts.Lookup(name).Root) {
				changed = changed || !w.said[called]
				w.said[called] = true
			}
		}
	}
	return slices.DeleteFunc(w.names(), func(name string) bool { return w.said[name] })
}

func calls(n parse.Node) []string {
	var names []string
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, child := range n.Nodes {
			names = append(names, calls(child)...)
		}
	case *parse.IfNode:
		names = append(calls(n.List), calls(n.ElseList)...)
	case *parse.TemplateNode:
		names = append(names, n.Name)
	}
	return names
}

// ShippedFiles gives the texts of a language by file name.
func ShippedFiles(lang string) map[string]string {
	files := map[string]string{}
	entries, err := templates.ReadDir("templates/" + lang)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if raw, err := templates.ReadFile("templates/" + lang + "/" + e.Name()); err == nil {
			files[e.Name()] = string(raw)
		}
	}
	return files
}

// CheckShipped words every shipped text in every branch and language, and holds each letter against the checklist, as is done at start with
// texts of the agency's own.
func CheckShipped() error {
	r, err := shippedOnce()
	if err != nil {
		return err
	}
	return r.check(r.Languages())
}
