package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"strings"
	"text/template"
)

// clone gives a copy whose texts can be replaced.
func (w *wording) clone() (*wording, error) {
	c := *w
	c.from = maps.Clone(w.from)
	c.words.Zones, c.words.Labels = maps.Clone(w.words.Zones), maps.Clone(w.words.Labels)
	var err error
	c.texts, err = w.texts.Clone()
	return &c, err
}

// override reads the agency's own texts over the shipped ones: a folder a language, with files named as the shipped ones, of which each may
// hold any of the texts. A language that is not shipped must be whole. The errors name file and line.
func override(shipped map[string]*wording, folder fs.FS, shown string) (map[string]*wording, error) {
	all := maps.Clone(shipped)
	dirs, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	var errs []error
	for _, d := range dirs {
		if strings.HasPrefix(d.Name(), ".") || !d.IsDir() && isLayout(d.Name()) {
			continue
		}
		if !d.IsDir() {
			errs = append(errs, fmt.Errorf("%s: texts are in a folder of their language, such as %s/%s", path.Join(shown, d.Name()), defaultLanguage, d.Name()))
			continue
		}
		w, err := overridden(shipped, folder, d.Name(), shown)
		errs = append(errs, err)
		all[d.Name()] = w
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

// overridden gives one language with the agency's texts in it.
func overridden(shipped map[string]*wording, folder fs.FS, lang, shown string) (*wording, error) {
	base, known := shipped[lang]
	if !known {
		base = &wording{lang: lang, texts: template.New(lang).Option("missingkey=error")}
	} else if err := onlyShippedFiles(folder, lang, shown); err != nil {
		return nil, err
	}
	w, err := base.clone()
	if err != nil {
		return nil, err
	}
	if w.from == nil {
		w.from = map[string]string{}
	}
	if err := w.read(folder, lang, shown); err != nil {
		return nil, err
	}
	return w, w.complete(shipped[defaultLanguage])
}

// onlyShippedFiles refuses files that would be read and never used, and rules of the program's own.
func onlyShippedFiles(folder fs.FS, lang, shown string) error {
	files, err := fs.ReadDir(folder, lang)
	if err != nil {
		return err
	}
	for _, f := range files {
		where := path.Join(shown, lang, f.Name())
		if f.Name() == rulesFile {
			return fmt.Errorf("%s: the rules of a language that comes with the program can't be replaced", where)
		}
		if _, err := fs.Stat(templates, path.Join("templates", lang, f.Name())); err != nil {
			return fmt.Errorf("%s: there is no such file to replace; the names are those of the shipped texts", where)
		}
	}
	return nil
}

// replaced names the places of the agency's own texts, by language.
func replaced(shipped, all map[string]*wording) map[string][]string {
	own := map[string][]string{}
	for lang, w := range all {
		if s, ok := shipped[lang]; ok && !reflect.DeepEqual(s.words, w.words) {
			own[lang] = nil // its dates are its own
		}
		for _, name := range w.names() {
			if s, ok := shipped[lang]; !ok || s.from[name] != w.from[name] {
				own[lang] = append(own[lang], name)
			}
		}
	}
	return own
}
