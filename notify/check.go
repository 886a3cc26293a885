package notify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// sampleAgency writes the sample letters that are checked.
var sampleAgency = Agency{
	Name: "Tidewater Marketing", FromName: "Tidewater Marketing domain notices", FromAddress: "domains@tidewater.example", Phone: "(555) 010-4640",
	Hours: "Monday to Friday, 9 to 5 Pacific", SupportURL: "https://tidewater.example/support/", BaseURL: "https://watch.agency.example",
}

// SampleAgency is the invented agency that writes the samples.
func SampleAgency() Agency { return sampleAgency }

// LetterError says what a letter in some language breaks.
type LetterError struct {
	Language string
	Sample   string
	Breaches []string
}

// Error says it in one line.
func (e *LetterError) Error() string {
	return fmt.Sprintf("the letter %q in the language %s is not fit to be sent: %s", e.Sample, e.Language, strings.Join(e.Breaches, "; "))
}

// check words every sample in every language and holds it against the checklist. The texts are those of r, and the agency an invented one, so
// that an agency's own name can't break a rule. The first letter of each language that breaks one is named.
func (r *Renderer) check(languages []string) error {
	var errs []error
	for _, lang := range languages {
		errs = append(errs, r.checkLanguage(lang))
	}
	return errors.Join(errs...)
}

func (r *Renderer) checkLanguage(lang string) error {
	sampler := *r
	sampler.agency = sampleAgency
	for _, s := range Samples() {
		s.Letter.Contact.Language = lang
		if err := sampler.checkSample(lang, &s); err != nil {
			return err
		}
	}
	return nil
}

func (r *Renderer) checkSample(lang string, s *Sample) error {
	rendering, content, err := r.render(&s.Letter, SampleURL, samplePolicy(), s.Now)
	if err != nil {
		return err
	}
	c := checked{
		w: r.wordings[lang], agency: r.agency, ref: Reference(s.Letter.Mail.ID), content: &content, r: &rendering,
		hosts: []string{"agency.example", "tidewater.example", "mailhost.example", "sender.example", "former.example"},
	}
	for i := range s.Letter.Items {
		item := &s.Letter.Items[i]
		c.hosts = append(c.hosts, item.Domain.Name, unicodeName(item.Domain.Name))
		c.names = append(c.names, item.Domain.Registrar)
		if g := item.Grant; g != nil {
			c.hosts, c.names = append(c.hosts, g.Asset), append(c.names, g.Platform)
		}
	}
	v, err := newLetterView(&s.Letter, r, c.w, SampleURL, samplePolicy(), s.Now)
	if err != nil {
		return err
	}
	for _, item := range v.items {
		c.kinds, c.names = append(c.kinds, item.kind), append(c.names, item.Registrar, item.Platform)
	}
	if breaches := c.breaches(); len(breaches) > 0 {
		return &LetterError{Language: lang, Sample: s.Name, Breaches: breaches}
	}
	return nil
}

// blame names the agency's own text behind a letter that breaks a rule: the first that breaks one by itself over the shipped texts, else all
// of the agency's own in that language.
func (r *Renderer) blame(shipped map[string]*wording, err error) error {
	base, baseErr := shippedOnce()
	if baseErr != nil {
		return cmp.Or(baseErr, err)
	}
	for _, lang := range sortedKeys(r.wordings) {
		own := replaced(shipped, r.wordings)[lang]
		if shipped[lang] == nil {
			continue
		}
		for _, name := range own {
			alone, cloneErr := shipped[lang].clone()
			if cloneErr != nil {
				return cmp.Or(cloneErr, err)
			}
			if _, addErr := alone.texts.AddParseTree(name, r.wordings[lang].texts.Lookup(name).Tree); addErr != nil {
				return addErr
			}
			trial := *base
			trial.wordings = map[string]*wording{lang: alone, defaultLanguage: shipped[defaultLanguage]}
			trial.wordings[lang] = alone
			if found := trial.checkLanguage(lang); found != nil {
				return fmt.Errorf("%s: the text %q: %w", r.wordings[lang].from[name], name, found)
			}
		}
		if len(own) > 0 && r.checkLanguage(lang) != nil {
			places := make([]string, len(own))
			for i, name := range own {
				places[i] = r.wordings[lang].from[name]
			}
			slices.Sort(places)
			return fmt.Errorf("%w (own texts: %s)", r.checkLanguage(lang), strings.Join(slices.Compact(places), ", "))
		}
	}
	return err
}
