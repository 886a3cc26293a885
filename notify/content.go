package notify

import (
	"cmp"
	"fmt"
)

// content is a letter's text, before it is laid out. Both parts are made of it, so that they say the same.
type content struct {
	Lang, Subject, Preheader, Title string
	AgencyName, Tagline, Greeting   string
	Lead                            []string
	Sections                        []section
	Several                         bool
	AnswerHeading                   string // above the button, where the sections do not lead to it
	Button, ButtonNote              string
	URL, URLNote                    string
	Closing                         string
	GenuineHeading, Genuine         string
	Footer, Signature               string
}

// section is what a letter says on the notices of one kind.
type section struct {
	Heading        string // only when there are several
	Lead           []string
	Blocks         []block
	MoreIntro      string
	More           []row
	Rest           string
	StepsHeading   string
	Steps          []instruction
	HappensHeading string
	After          []string
	PointsIntro    string
	Points         []string
	Several        bool // the button does not follow the steps
}

// block is what a letter says on one domain or one grant.
type block struct {
	Heading     string // only when there are several
	Lead        []string
	Facts       []fact
	Records     []recordBlock
	Rest        string
	PointsIntro string
	Points      []string
}

// recordBlock is one record to put right.
type recordBlock struct {
	Title, Text string
	Entries     []form
	Notes       []string
}

// form is one form to fill in.
type form struct {
	Intro string
	Facts []fact
}

type fact struct{ Label, Value string }

// row is a notice of which there is only the name and the date.
type row struct{ Name, Text string }

type instruction struct{ Title, Text string }

// room is how much of a letter is written out: whole notices, further ones in a table, of one name so many records, and dates in the calendar file.
type room struct{ blocks, rows, records, events int }

// sayer words one text after the other, and keeps the first error.
type sayer struct {
	w   *wording
	err error
}

func (s *sayer) line(name string, data *itemView) string {
	text, err := s.w.say(name, data)
	s.err = cmp.Or(s.err, err)
	return text
}

func (s *sayer) paragraphs(name string, data *itemView) []string {
	text, err := s.w.paragraphs(name, data)
	s.err = cmp.Or(s.err, err)
	return text
}

// of says a text of a kind.
func (s *sayer) of(k kind, part string, data *itemView) string {
	return s.line(s.w.name(k, part), data)
}

// content words the letter within the room that there is.
func (v *letterView) content(left room) (content, error) {
	const maxSubject = 150
	s := &sayer{w: v.w}
	name, data := v.heading()
	c := content{
		Lang: v.w.lang, Several: v.Several, AgencyName: v.Agency.Name, Tagline: s.line("tagline", data), Greeting: s.line("greeting", data),
		Subject: clean(s.line(name("subject"), data), maxSubject), Preheader: s.line(name("preheader"), data), Title: s.line(name("title"), data),
		Button: s.line(name("button"), data), ButtonNote: s.line("button_note", data), URL: v.URL, URLNote: s.line("url_note", data),
		Closing: s.line(name("closing"), data), GenuineHeading: s.line("genuine_heading", data), Genuine: s.line("genuine", data),
		Footer: s.line("footer", data), Signature: s.line("signature", data),
	}
	if v.Several {
		c.Lead, c.AnswerHeading = s.paragraphs(name("lead"), data), s.line("answer_heading", data)
	}
	for _, group := range v.groups() {
		c.Sections = append(c.Sections, v.section(s, group, &left))
	}
	if s.err == nil && c.Subject == "" {
		s.err = fmt.Errorf("the subject is empty")
	}
	return c, s.err
}

// heading gives the names of the texts of the letter as a whole, and what they speak of.
func (v *letterView) heading() (name func(part string) string, data *itemView) {
	if !v.Several {
		return func(part string) string { return v.w.name(v.items[0].kind, part) }, v.items[0]
	}
	family := severalNames
	if v.items[0].kind.access() {
		family = severalAccess
	}
	return func(part string) string { return family + "." + part }, v.whole()
}

// groups gives the notices kind by kind, the most urgent first.
func (v *letterView) groups() [][]*itemView {
	var groups [][]*itemView
	place := map[kind]int{}
	for _, item := range v.items {
		i, ok := place[item.kind.base()]
		if !ok {
			i = len(groups)
			place[item.kind.base()], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], item)
	}
	return groups
}

// section words the notices of one kind.
func (v *letterView) section(s *sayer, items []*itemView, left *room) section {
	k, data := items[0].kind, items[0]
	if len(items) > 1 {
		g, err := v.group(items)
		if err != nil {
			s.err = cmp.Or(s.err, err)
			return section{}
		}
		k, data = g.kind, g
	}
	c := section{Lead: s.paragraphs(s.w.name(k, "lead"), data), Several: v.Several}
	if v.Several {
		c.Heading = s.of(k, "group", data)
	}
	if !data.Many {
		c.Lead = append(c.Lead, s.paragraphs("because", data)...)
	}
	shown := min(len(items), left.blocks)
	left.blocks -= shown
	for _, item := range items[:shown] {
		c.Blocks = append(c.Blocks, item.block(s, data.Many, left.records))
	}
	c.MoreIntro, c.More, c.Rest = data.more(s, items[shown:], left)
	if k.steps() {
		c.StepsHeading, c.HappensHeading, c.After = s.line("steps_heading", data), s.of(k, "happens_heading", data), s.paragraphs(s.w.name(k, "after"), data)
		for _, step := range []string{"step1", "step2", "step3"} {
			c.Steps = append(c.Steps, instruction{s.of(k, step, data), s.of(k, step+"_text", data)})
		}
	}
	if !data.Many && len(data.points) > 0 {
		c.PointsIntro, c.Points = s.line("depends", data), data.points
	}
	return c
}

// more lists the notices for which there is no room, with their names and dates, and counts those for which there is not even this.
func (v *itemView) more(s *sayer, items []*itemView, left *room) (intro string, rows []row, rest string) {
	if len(items) == 0 {
		return "", nil, ""
	}
	counted := func(n int) *itemView {
		c := *v
		c.Number = n
		return &c
	}
	shown := min(len(items), left.rows)
	left.rows -= shown
	for _, i := range items[:shown] {
		rows = append(rows, row{cmp.Or(i.Name, i.Platform), s.line("row", i)})
	}
	if shown > 0 {
		intro = s.line("more", counted(shown))
	}
	if n := len(items) - shown; n > 0 {
		rest = s.line("rest", counted(n))
	}
	return intro, rows, rest
}

// block words one notice; many: beside others of its kind. So many of its records are written out.
func (v *itemView) block(s *sayer, many bool, records int) block {
	b := block{Facts: v.facts(s)}
	if many {
		b.Heading, b.Lead = s.of(v.kind, "title", v), s.paragraphs("because", v)
		if len(v.points) > 0 {
			b.PointsIntro, b.Points = s.line("depends", v), v.points
		}
	}
	for i := range v.records {
		if i == records {
			more := *v
			more.Number = len(v.records) - records
			b.Rest = s.line("records_rest", &more)
			break
		}
		b.Records = append(b.Records, v.records[i].block(s))
	}
	return b
}

func (r *recordView) block(s *sayer) recordBlock {
	b := recordBlock{Title: s.line("record_title", &r.view), Text: s.line("record_text", &r.view)}
	for _, e := range r.remove {
		b.Entries = append(b.Entries, form{s.line("record_remove", &r.view), s.w.fields(e)})
	}
	for _, e := range r.enter {
		b.Entries = append(b.Entries, form{s.line("record_enter", &r.view), s.w.fields(e)})
	}
	for _, n := range r.notes {
		b.Notes = append(b.Notes, named(n, 300))
	}
	return b
}
