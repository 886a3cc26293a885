package notify

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/krestmarketing/deedwatch/catalog"
)

// rules are the words by which a language's letters are checked.
type rules struct {
	Responsibility []string `json:"responsibility"` // one of these says whose it is to act
	NeverAsks      []string `json:"never_asks"`     // one of these says that no password is asked for
	Urgent         []string `json:"urgent"`         // none of these may occur
	Payment        []string `json:"payment"`        // nor of these
}

func (r *rules) complete() string {
	for _, list := range []struct {
		name  string
		words []string
	}{{"responsibility", r.Responsibility}, {"never_asks", r.NeverAsks}, {"urgent", r.Urgent}, {"payment", r.Payment}} {
		if len(list.words) == 0 || slices.Contains(list.words, "") {
			return list.name
		}
	}
	return ""
}

// checked is a letter that is held against the checklist of design section 8: it must say what an owner needs, and must not look like domain
// slamming.
type checked struct {
	w       *wording
	agency  Agency
	kinds   []kind
	ref     string
	names   []string // registrars and platforms of which the letter must name one
	hosts   []string // addresses that may occur
	content *content
	r       *Rendering
	visible string // the words of the HTML part
}

// breaches says what is wrong with the letter, one sentence each.
func (c *checked) breaches() []string {
	var out []string
	c.visible = html.UnescapeString(tags.ReplaceAllString(hidden.ReplaceAllString(c.r.HTML, " "), " "))
	for _, rule := range []func() []string{c.says, c.acts, c.links, c.tone, c.twins, c.markup} {
		out = append(out, rule()...)
	}
	return out
}

var spaces = regexp.MustCompile(`\s+`)

// flat puts a text on one line in lower case, so that line breaks and headings do not matter.
func flat(s string) string {
	return strings.ToLower(strings.TrimSpace(spaces.ReplaceAllString(s, " ")))
}

// says holds what every letter must say.
func (c *checked) says() []string {
	var out []string
	text := flat(c.r.Text)
	need := func(rule string, oneOf ...string) {
		for _, s := range oneOf {
			if s = flat(s); s != "" && strings.Contains(text, s) {
				return
			}
		}
		out = append(out, rule)
	}
	need("it does not give the reference number", c.ref)
	need("it does not give the telephone number by which it can be checked", c.agency.Phone)
	need("it does not say where the same number is published", withoutScheme(c.agency.SupportURL))
	need("it does not say whose responsibility it is; one of these must occur: "+strings.Join(c.w.rules.Responsibility, "; "), c.w.rules.Responsibility...)
	need("it does not say that no password is asked for; one of these must occur: "+strings.Join(c.w.rules.NeverAsks, "; "), c.w.rules.NeverAsks...)
	need("it names neither registrar nor platform", c.names...)
	if !c.w.dayPattern().MatchString(text) {
		out = append(out, "it gives no date with its weekday, month and year")
	}
	if c.r.Subject == "" || len([]rune(c.r.Subject)) > 150 {
		out = append(out, "its subject is empty or longer than 150 characters")
	}
	return out
}

// dayPattern finds a date that can't be misread.
func (w *wording) dayPattern() *regexp.Regexp {
	parts := strings.NewReplacer(
		regexp.QuoteMeta("{weekday}"), "("+strings.Join(w.words.Weekdays[:], "|")+")", regexp.QuoteMeta("{weekday_short}"), "("+strings.Join(w.words.WeekdaysShort[:], "|")+")",
		regexp.QuoteMeta("{month}"), "("+strings.Join(w.words.Months[:], "|")+")", regexp.QuoteMeta("{day}"), `\d{1,2}`, regexp.QuoteMeta("{year}"), `\d{4}`,
	)
	return regexp.MustCompile("(?i)" + parts.Replace(regexp.QuoteMeta(w.words.Long)))
}

// acts holds the three steps and the consequence, where there is something to do.
func (c *checked) acts() []string {
	var out []string
	steps := slices.ContainsFunc(c.kinds, kind.steps)
	found := false
	for _, s := range c.content.Sections {
		if len(s.Steps) == 0 {
			continue
		}
		found = true
		if len(s.Steps) != 3 {
			out = append(out, "it does not have three steps")
		}
		for _, step := range s.Steps {
			if step.Title == "" || step.Text == "" {
				out = append(out, "one of its steps is empty")
			}
		}
		if strings.Join(s.After, "") == "" || s.HappensHeading == "" {
			out = append(out, "it does not say what happens if nothing is done")
		}
	}
	if steps && !found {
		out = append(out, "it does not say what to do")
	}
	return out
}

var (
	anyURL   = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>]+|\b(?:mailto|tel|javascript|data):[^\s"'<>]+`)
	hostLike = regexp.MustCompile(`(?i)[\p{L}\p{N}](?:[\p{L}\p{N}_-]*\.)+[\p{L}]{2,}`)
	hrefs    = regexp.MustCompile(`(?i)<a\b[^>]*\bhref="([^"]*)"`)
	hidden   = regexp.MustCompile(`(?s)<style>.*?</style>|<title>.*?</title>|<!--.*?-->`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	// refused is markup that has no place in a notice: what loads from elsewhere, asks for input or runs.
	refused = regexp.MustCompile(`(?i)<(?:script|form|input|button|iframe|object|embed|link|base|img|svg|video|audio|textarea|select)\b|\bon[a-z]+\s*=|\bsrc\s*=|url\s*\(|@import|http-equiv`)
)

// links holds that the own page is the only link, once in each part, and that no other address stands in the words.
func (c *checked) links() []string {
	var out []string
	for part, text := range map[string]string{"subject": c.r.Subject, "text": c.r.Text, "HTML": c.visible} {
		for _, link := range anyURL.FindAllString(text, -1) {
			if link != c.content.URL {
				out = append(out, fmt.Sprintf("its %s has a link to %s; the client's own page is the only link there may be", part, link))
			}
		}
		for _, host := range hostLike.FindAllString(anyURL.ReplaceAllString(text, ""), -1) {
			if c.foreign(host) {
				out = append(out, fmt.Sprintf("its %s names the address %s, which mail programs turn into a link", part, host))
			}
		}
	}
	slices.Sort(out)
	if n := strings.Count(c.r.Text, c.content.URL); n != 1 {
		out = append(out, fmt.Sprintf("its text has the client's own page %d times, not once", n))
	}
	found := hrefs.FindAllStringSubmatch(c.r.HTML, -1)
	if len(found) != 1 || html.UnescapeString(found[0][1]) != c.content.URL {
		out = append(out, fmt.Sprintf("its HTML part has %d links, not the one to the client's own page", len(found)))
	}
	return slices.Compact(out)
}

// foreign reports whether a word is a name in the DNS that the letter has no reason to give.
func (c *checked) foreign(host string) bool {
	host = strings.ToLower(host)
	for _, own := range c.hosts {
		if own = strings.ToLower(own); own != "" && (host == own || strings.HasSuffix(host, "."+own) || strings.HasSuffix(own, "."+host)) {
			return false
		}
	}
	_, err := catalog.ParseName(host)
	return err == nil
}

// tone holds that nothing hurries, shouts or asks for money.
func (c *checked) tone() []string {
	var out []string
	for _, s := range []struct{ part, text string }{{"subject", c.r.Subject}, {"text", c.r.Text}, {"HTML part", c.visible}} {
		text := " " + strings.Map(letters, flat(s.text)) + " "
		for _, word := range slices.Concat(c.w.rules.Urgent, c.w.rules.Payment) {
			if strings.Contains(text, " "+strings.Map(letters, flat(word))+" ") {
				out = append(out, fmt.Sprintf("its %s says %q", s.part, word))
			}
		}
		if i := strings.IndexFunc(s.text, shouts); i >= 0 {
			out = append(out, fmt.Sprintf("its %s has the character %q", s.part, []rune(s.text[i:])[0]))
		}
		if i := strings.IndexFunc(s.text, unprintable); i >= 0 {
			out = append(out, fmt.Sprintf("its %s has the control character %U", s.part, []rune(s.text[i:])[0]))
		}
	}
	return out
}

func letters(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsNumber(r) {
		return r
	}
	return ' '
}

// shouts finds exclamation marks and the signs of money.
func shouts(r rune) bool { return r == '!' || r == '¡' || r == '！' || unicode.Is(unicode.Sc, r) }

func unprintable(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// twins holds that both parts say all of the content.
func (c *checked) twins() []string {
	var out []string
	text, visible := squash(c.r.Text), squash(c.visible)
	for _, s := range c.content.sentences() {
		switch want := squash(s); {
		case !strings.Contains(text, want):
			out = append(out, fmt.Sprintf("its text part lacks %q", s))
		case !strings.Contains(visible, want):
			out = append(out, fmt.Sprintf("its HTML part lacks %q", s))
		}
	}
	return out
}

// squash leaves letters, numbers and signs without any space: how lines are broken does not matter.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '=' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// sentences lists all that both parts must say.
func (c *content) sentences() []string {
	all := slices.Concat([]string{c.Greeting, c.Title, c.Closing, c.GenuineHeading, c.Genuine, c.Footer, c.Signature, c.AnswerHeading, c.URLNote}, c.Lead)
	for i := range c.Sections {
		s := &c.Sections[i]
		all = append(all, s.Heading, s.MoreIntro, s.Rest, s.StepsHeading, s.HappensHeading, s.PointsIntro)
		all = slices.Concat(all, s.Lead, s.After, s.Points)
		for _, step := range s.Steps {
			all = append(all, step.Title, step.Text)
		}
		for _, r := range s.More {
			all = append(all, r.Name, r.Text)
		}
		for j := range s.Blocks {
			all = append(all, s.Blocks[j].sentences()...)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

func (b *block) sentences() []string {
	all := slices.Concat([]string{b.Heading, b.Rest, b.PointsIntro}, b.Lead, b.Points)
	for _, f := range b.Facts {
		all = append(all, f.Label, f.Value)
	}
	for _, r := range b.Records {
		all = slices.Concat(all, []string{r.Title, r.Text}, r.Notes)
		for _, e := range r.Entries {
			all = append(all, e.Intro)
			for _, f := range e.Facts {
				all = append(all, f.Label, f.Value)
			}
		}
	}
	return all
}

// markup holds that the HTML part loads nothing, runs nothing and asks for nothing, and that the letter is small enough to be shown whole.
func (c *checked) markup() []string {
	var out []string
	if m := refused.FindString(strings.ReplaceAll(c.r.HTML, "\n", " ")); m != "" {
		out = append(out, fmt.Sprintf("its HTML part has %q", m))
	}
	if n := c.r.Size(); n > maxSize {
		out = append(out, fmt.Sprintf("it has %d bytes, which is more than %d", n, maxSize))
	}
	return out
}

// samplePolicy is the one of the sample letters.
func samplePolicy() Policy {
	return DefaultPolicy(time.UTC)
}
