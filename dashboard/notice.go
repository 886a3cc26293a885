package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// noticeView is one notice with all that stands around it.
type noticeView struct {
	ID                 int64
	Title              string
	Client             string
	ClientID           int64
	Name               *nameView
	Pill               *pillView
	Expires            *whenView
	Row                noticeRow
	Task               bool
	Rungs              []rungView
	Recipients         []recipientView
	Window             string
	Week               []weekDay
	Checks             []checkView
	Trail              []trailLine
	Carried            []noticeRow // what else its message carries
	Subject            string
	Text               string // as it was sent
	Sent               bool
	MayTakeBack        bool
	TakenBack          bool
	PreviewURL         string // where it is foreseen
	FrameURL           string
	PreviewAt          string
	Key                models.LetterKey
	Reference, TextSum string
}

// rungView is one rung of the ladder.
type rungView struct {
	Class, Glyph string
	Current      bool
	Label        string
	When         string
	Note         string
	ID           int64 // of its notice; 0: none yet
}

// recipientView is a contact and whether this notice goes there.
type recipientView struct {
	Name, Role, Email, Phone string
	Mark                     markView
	Note                     string
}

// weekDay is one day of the sending window.
type weekDay struct {
	Name, Number string
	Class, Note  string
}

// checkView is one thing that is seen to before a notice goes out.
type checkView struct{ Class, Glyph, Text, Note string }

// trailLine is one line of what happened.
type trailLine struct{ ISO, When, What, Note string }

// noticePage shows one notice.
func (s *Server) noticePage(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.now()
	p, err := s.noticeOf(r)
	if err != nil {
		return err
	}
	brake, err := s.opt.Store.ActiveBrake(ctx)
	if err != nil {
		return fmt.Errorf("read the brake: %w", err)
	}
	b := noticeBuilder{p: &p, d: s.dates(now), brake: brake}
	if s.opt.Outlook != nil {
		b.rules = s.opt.Outlook.Rules(&p.Client)
		if p.Domain != nil {
			b.steps = s.opt.Outlook.Ladder(p.Domain, &p.Client)
		}
	}
	v := b.build()
	if s.opt.Outlook != nil && waits(&p.View.Notice) {
		fc, err := s.opt.Outlook.ForecastClient(ctx, p.Client.ID, forecastSpan)
		if err != nil {
			return fmt.Errorf("foresee: %w", err)
		}
		v.foresee(&fc, b.d)
	}
	s.render(w, r, http.StatusOK, "notice", head{Title: v.Title, Nav: "/notices"}, v)
	return nil
}

func (s *Server) noticeOf(r *http.Request) (models.NoticePage, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return models.NoticePage{}, errNoSuchPage
	}
	p, err := s.opt.Store.Notice(r.Context(), id)
	if err != nil {
		return p, fmt.Errorf("read a notice: %w", err)
	}
	return p, nil
}

// waits reports whether a notice is still to go out.
func waits(n *models.Notice) bool {
	if n.Channel != models.ChannelEmail {
		return false
	}
	return n.State == models.NoticeQueued || n.State == models.NoticeHeld || n.State == models.NoticeMailed
}

// foresee finds the message that will carry the notice.
func (v *noticeView) foresee(fc *models.Forecast, d dates) {
	for i := range fc.Letters {
		l := &fc.Letters[i]
		if slices.ContainsFunc(l.Items, func(it models.ForecastItem) bool { return it.Notice.ID == v.ID }) {
			v.PreviewURL, v.FrameURL = previewURL(l.Key), "/notices/preview/mail.html?"+keyQuery(l.Key)
			v.PreviewAt, v.Key = d.at(l.At).Format("Mon 2 Jan, 15:04"), l.Key
			return
		}
	}
}

// noticeBuilder words one notice.
type noticeBuilder struct {
	p     *models.NoticePage
	d     dates
	brake *models.Brake
	rules models.NoticeRules
	steps []models.LadderStep
}

func (b *noticeBuilder) build() noticeView {
	n := &b.p.View.Notice
	v := noticeView{
		ID: n.ID, Client: visible(b.p.Client.Name), ClientID: n.ClientID, Row: buildNotice(&b.p.View, b.d), Task: n.Channel == models.ChannelTask,
		Title: stageWords(n.Stage), TakenBack: b.p.TakenBack,
	}
	if dom := b.p.Domain; dom != nil {
		name := nameOf(dom.Name)
		pill := pillOf(models.BandOf(dom, b.d.now, b.d.loc))
		v.Name, v.Pill, v.Title = &name, &pill, v.Title+", "+name.Text
		v.Expires = b.d.when(dom.ExpiresAt)
	}
	if m := b.p.View.Mail; m != nil {
		v.Subject, v.Text, v.Sent, v.TextSum = visible(m.Subject), visible(withoutTokens(m.Text)), m.SentAt != nil, m.TextHash
		v.Reference = fmt.Sprintf("DW-%06d", m.ID)
		v.MayTakeBack = m.State == models.MailSent && !b.p.TakenBack && n.Stage != models.StageRetraction
	}
	for i := range b.p.Carried {
		if b.p.Carried[i].Notice.ID != n.ID {
			v.Carried = append(v.Carried, buildNotice(&b.p.Carried[i], b.d))
		}
	}
	v.Rungs, v.Recipients, v.Trail = b.rungs(), b.recipients(), b.trail()
	if len(b.rules.Stages) > 0 {
		v.Window, v.Week = windowWords(b.rules), b.week()
	}
	if waits(n) {
		v.Checks = b.checks()
		v.Row.hold(b.p.Client.HeldAt != nil)
	}
	return v
}

// withoutTokens takes the secret part out of the client's own addresses in a message's words.
func withoutTokens(text string) string {
	for _, path := range []string{"/c/", "/u/"} {
		var b strings.Builder
		for {
			i := strings.Index(text, path)
			if i < 0 {
				break
			}
			b.WriteString(text[:i+len(path)])
			text = text[i+len(path):]
			end := strings.IndexFunc(text, func(r rune) bool {
				return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
			})
			if end < 0 {
				end = len(text)
			}
			if end > 8 {
				b.WriteString("…")
				text = text[end:]
			}
		}
		b.WriteString(text)
		text = b.String()
	}
	return text
}

// rungs puts the ladder's stages beside the notices that exist of them.
func (b *noticeBuilder) rungs() []rungView {
	n := &b.p.View.Notice
	if n.CycleID == 0 { // it stands on no rung, and those of the ladder are not its own
		return nil
	}
	of := map[models.Stage]*models.Notice{}
	for i := range b.p.Ladder {
		row := &b.p.Ladder[i].Notice
		if was := of[row.Stage]; was == nil || was.State != models.NoticeSent || row.ID == n.ID {
			of[row.Stage] = row
		}
	}
	var list []rungView
	for _, step := range b.steps {
		if step.Off {
			continue
		}
		list = append(list, b.rung(step, of[step.Stage]))
	}
	return list
}

func (b *noticeBuilder) rung(step models.LadderStep, row *models.Notice) rungView {
	v := rungView{Glyph: "u-ring", Label: stageWords(step.Stage), When: b.d.at(step.DueAt).Format("Mon 2 Jan, 15:04"), Current: step.Stage == b.p.View.Notice.Stage}
	switch {
	case step.Ops:
		v.Note = "a task for us"
	case step.Deputy:
		v.Note = "the deputy too"
	}
	if row == nil {
		if !step.DueAt.After(b.d.now) {
			v.Note = "not sent"
		}
		return v
	}
	v.ID = row.ID
	switch row.State {
	case models.NoticeSent, models.NoticeDone:
		v.Class, v.Glyph, v.Note = "done", "s-ok", noticeMark(row.State).Word
		if row.SentAt != nil {
			v.When = b.d.at(*row.SentAt).Format("Mon 2 Jan, 15:04")
		}
	default:
		v.Class, v.Note = "wait", noticeMark(row.State).Word
		if row.State == models.NoticeSuperseded || row.State == models.NoticeCancelled {
			v.Class, v.Glyph = "", "u-dash"
		} else {
			v.Glyph = "u-clock"
		}
	}
	if v.Current {
		v.Glyph = "u-dot"
	}
	return v
}

// recipients lists the client's contacts and says to whom it goes.
func (b *noticeBuilder) recipients() []recipientView {
	n := &b.p.View.Notice
	to := map[string]bool{n.Recipient: true}
	for i := range b.p.Ladder {
		if row := &b.p.Ladder[i].Notice; row.Stage == n.Stage && row.Channel == models.ChannelEmail && row.State != models.NoticeCancelled {
			to[row.Recipient] = true
		}
	}
	var list []recipientView
	for i := range b.p.Contacts {
		c := &b.p.Contacts[i]
		v := recipientView{Name: visible(orAddress(c)), Role: roleWords(c.Role), Email: visible(c.Email), Phone: visible(c.Phone), Note: contactTrouble(c)}
		switch {
		case to[strings.ToLower(c.Email)] && n.Channel == models.ChannelEmail:
			v.Mark = markView{"ok", "u-check", "To"}
		case v.Note != "":
			v.Mark = markView{"bad", "s-7", "Can’t be written to"}
		default:
			v.Mark = markView{"none", "u-dash", "Not this one"}
		}
		list = append(list, v)
	}
	return list
}

// contactTrouble says why a contact may not be written to; empty: it may.
func contactTrouble(c *models.Contact) string {
	switch {
	case c.ErasedAt != nil:
		return "What was personal has been erased"
	case c.Email == "":
		return "No address is known"
	case c.OptedOutAt != nil:
		return "Asked not to be written to"
	case c.EmailState == models.EmailBad:
		if c.EmailReason != "" {
			return "Not written to: " + visible(c.EmailReason)
		}
		return "Not written to"
	}
	return ""
}

func windowWords(r models.NoticeRules) string {
	clock := func(c models.ClockTime) string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }
	text := "From " + clock(r.SendFrom) + " to " + clock(r.SendUntil) + ", on business days. "
	if r.AnyDayWithin == 0 {
		text += "From the expiry day on, on any day."
	} else {
		text += "From " + plural(r.AnyDayWithin, "day") + " before expiry on, on any day."
	}
	if r.DailyCap > 0 {
		text += " At most " + plural(r.DailyCap, "message") + " a day to one address."
	}
	return text
}

// week draws the next eight days.
func (b *noticeBuilder) week() []weekDay {
	n, office := &b.p.View.Notice, b.rules.Office
	today := office.Day(b.d.now)
	var list []weekDay
	for i := range 8 {
		day := today.AddDate(0, 0, i)
		v := weekDay{Name: day.Format("Mon"), Number: strconv.Itoa(day.Day())}
		if !office.BusinessDay(day) {
			v.Class, v.Note = "shut", "closed"
		}
		if i == 0 {
			v.Class, v.Note = strings.TrimSpace(v.Class+" now"), strings.TrimSpace("today "+v.Note)
		}
		if waits(n) && b.p.Client.HeldAt == nil && office.Day(laterOf(n.DueAt, b.d.now)).Equal(day) {
			v.Class, v.Note = "send", "this notice goes out"
		}
		if dom := b.p.Domain; dom != nil && dom.ExpiresAt != nil && models.DayOf(b.d.local(*dom.ExpiresAt), b.d.local(*dom.ExpiresAt).Location()).Equal(day) {
			v.Class, v.Note = strings.TrimSpace(v.Class+" exp"), strings.TrimSpace(v.Note+" expires")
		}
		list = append(list, v)
	}
	return list
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// checks say what is seen to before it goes out.
func (b *noticeBuilder) checks() []checkView {
	n, dom := &b.p.View.Notice, b.p.Domain
	yes := func(text, note string) checkView { return checkView{"done", "s-ok", text, note} }
	no := func(text, note string) checkView { return checkView{"wait", "u-clock", text, note} }
	var list []checkView
	if dom != nil {
		if dom.ExpiresAt != nil {
			list = append(list, yes("Expiry known: "+b.d.weekday(*dom.ExpiresAt), "by the "+sourceWords(dom.ExpirySource)+", seen "+b.d.age(dom.SeenAt)))
		} else {
			list = append(list, no("No date is known", whyWords(dom.LifecycleWhy)))
		}
		list = append(list, yes("The registry is asked again right before", "If it shows a renewal by then, nothing is sent"))
	}
	if i := slices.IndexFunc(b.p.Contacts, func(c models.Contact) bool { return strings.ToLower(c.Email) == n.Recipient }); i < 0 {
		list = append(list, no("The address is no contact’s any more", "It goes to the address on record then"))
	} else if why := contactTrouble(&b.p.Contacts[i]); why != "" {
		list = append(list, no("The address can’t be written to", why))
	} else {
		list = append(list, yes("The address takes mail, as far as we know", ""))
	}
	list = append(list, yes("One link only, to the client’s own page", ""))
	if held := b.p.Client.HeldAt; held != nil {
		list = append(list, no("Nothing goes out to this client", "Held since "+b.d.stamp(*held)+" by "+visible(b.p.Client.HeldBy)+": "+visible(b.p.Client.HeldWhy)))
	}
	if b.brake != nil {
		list = append(list, no("Mail to clients is held", visible(b.brake.Reason)))
	}
	if b.p.Answer != nil {
		list = append(list, no(answerWords(b.p.Answer), visible(b.p.Answer.By)+", "+b.d.stamp(b.p.Answer.At)))
	}
	return list
}

// trail says what happened in this cycle, the latest first.
func (b *noticeBuilder) trail() []trailLine {
	type event struct {
		at         time.Time
		what, note string
	}
	var events []event
	n := &b.p.View.Notice
	events = append(events, event{n.CreatedAt, "Owed", plainReason(n.Reason)})
	for _, a := range b.p.View.Attempts {
		what := "Not handed over"
		if a.Outcome == models.DeliverySent {
			what = "Accepted by their server"
		}
		events = append(events, event{a.At, what, replyWords(&a, b.d)})
	}
	for _, r := range b.p.Bounces {
		events = append(events, event{r.At, bounceWords(r.Kind), visible(strings.TrimSpace(r.Status + " " + r.Diagnostic))})
	}
	for i := range b.p.Ladder {
		if row := &b.p.Ladder[i].Notice; row.ID != n.ID && row.SentAt != nil {
			events = append(events, event{*row.SentAt, stageWords(row.Stage) + " sent", visible(row.Recipient)})
		}
	}
	if a := b.p.Answer; a != nil {
		events = append(events, event{a.At, "Answered: " + answerWords(a), visible(a.By)})
	}
	slices.SortStableFunc(events, func(x, y event) int { return cmp.Or(y.at.Compare(x.at), cmp.Compare(x.what, y.what)) })
	var list []trailLine
	for _, e := range events {
		if !e.at.IsZero() {
			list = append(list, trailLine{b.d.iso(e.at), b.d.stamp(e.at), e.what, e.note})
		}
	}
	return list
}

func bounceWords(k models.BounceKind) string {
	switch k {
	case models.BouncePermanent:
		return "Came back"
	case models.BounceTemporary:
		return "Delayed"
	case models.BounceComplaint:
		return "Called unwanted by the recipient"
	case models.BounceDelivered:
		return "Delivered"
	}
	return visible(string(k))
}

// takeBackPage asks whether a message that was sent is to be taken back.
func (s *Server) takeBackPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.noticeOf(r)
	if err != nil {
		return err
	}
	b := noticeBuilder{p: &p, d: s.dates(s.now())}
	v := b.build()
	if !v.MayTakeBack {
		return errNotSent
	}
	s.render(w, r, http.StatusOK, "takeback", head{Title: "Take a message back", Nav: "/notices"}, v)
	return nil
}

// takeBack owes the recipient of a message the word that it was wrong.
func (s *Server) takeBack(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	p, err := s.noticeOf(r)
	if err != nil {
		return err
	}
	if r.PostForm.Get("confirmed") != "yes" {
		return errBadForm
	}
	if p.View.Mail == nil || p.View.Mail.State != models.MailSent || p.TakenBack {
		return errNotSent
	}
	if err := s.opt.Store.QueueRetraction(r.Context(), p.View.Mail.ID, actor(r.Context()), s.now()); err != nil {
		return fmt.Errorf("take a message back: %w", err)
	}
	s.flash(r.Context(), "Whoever got the message is told in the next sending window that it was wrong.")
	redirect(w, r, noticeURL(p.View.Notice.ID))
	return nil
}

func noticeURL(id int64) string { return "/notices/" + strconv.FormatInt(id, 10) }

// errNotSent answers who would take back what can't be.
var errNotSent = &failure{
	Status: http.StatusConflict, Title: "This message can’t be taken back",
	Text: "It was not sent, or is taken back already. Nothing was changed. What still waits can be held instead.",
}
