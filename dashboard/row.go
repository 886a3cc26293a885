package dashboard

import (
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// rowView is one domain on the board.
type rowView struct {
	ID         int64
	Name       nameView
	ClientID   int64
	Client     string
	Pill       pillView
	When       *whenView
	NoDate     string // said instead of a date
	Bar        barView
	Note       string // under the date
	Registrar  string
	AutoRenew  string
	Records    markView
	Answer     markView
	Notice     string
	Checked    string
	Old        bool
	CheckedHow string
	Picked     bool
}

// buildRow words one line of the board.
func buildRow(row *models.BoardRow, d dates) rowView {
	dom := &row.Domain
	pill := pillOf(row.Band)
	v := rowView{
		ID: dom.ID, Name: nameOf(dom.Name), ClientID: dom.ClientID, Client: visible(row.ClientName), Pill: pill, When: d.when(dom.ExpiresAt),
		Note: dateNote(dom, row.Band, d), Registrar: visible(dom.Registrar), AutoRenew: autoRenewWords(dom.AutoRenew),
		Records: recordsMark(dom, d), Answer: answerMark(row, d), Notice: noticeWords(row.LastNotice, d), Checked: d.age(dom.SeenAt),
		Old: models.Stale(dom, d.now), CheckedHow: checkedHow(dom),
	}
	var days *int
	if dom.ExpiresAt != nil {
		n := d.days(*dom.ExpiresAt)
		days = &n
	} else {
		v.NoDate = noDateWords(dom)
	}
	v.Bar = barOf(pill, days)
	if row.Band == models.BandReleased {
		v.AutoRenew = "Anyone can register it"
	}
	return v
}

func noDateWords(d *models.Domain) string {
	switch {
	case d.LookOutcome == models.OutcomeUnsupported:
		return "Ending not covered"
	case d.CheckedAt == nil:
		return "Not known yet"
	}
	return "No date on record"
}

// dateNote is the line under the date: what the date means, or whose it is.
func dateNote(d *models.Domain, band models.Band, when dates) string {
	switch {
	case band == models.BandExpired && d.LastSafeDay != nil:
		return "Normal price to about " + when.day(*d.LastSafeDay)
	case band == models.BandRedemption && d.RecoverUntil != nil:
		return "Recoverable for a fee to about " + when.day(*d.RecoverUntil)
	case band == models.BandReleased && d.LifecycleSince != nil:
		return "Seen released " + when.day(*d.LifecycleSince)
	case d.Unconfirmed:
		return "Registry shows a renewal, not confirmed"
	case d.ExpirySource == models.ExpiryAttested && d.AttestedAt != nil:
		return "Stated by " + visible(d.AttestedBy) + ", " + when.day(*d.AttestedAt)
	case d.ExpirySource == models.ExpiryAttested:
		return "Stated by the client"
	case d.LifecycleWhy == models.WhyAbsentOnce:
		return "One source says “no such name”; to be confirmed"
	case d.LookOutcome == models.OutcomeUnsupported:
		return "No server is known that answers for ." + nameOf(d.Suffix).Text
	case band == models.BandFailing && d.SeenAt != nil:
		return "Not confirmed since " + when.day(*d.SeenAt)
	case band == models.BandNoDate && d.ExpiresAt == nil:
		return "Nobody has told us a date"
	}
	return ""
}

// checkedHow names the source of the last answer, or why there is none.
func checkedHow(d *models.Domain) string {
	if d.LookOutcome != "" && !d.LookOutcome.Answered() {
		words := outcomeMark(d.LookOutcome).Word
		if d.LookFailures > 1 {
			words += ", " + strconv.Itoa(d.LookFailures) + " tries"
		}
		return words
	}
	if d.LookSource == "" {
		return "waiting for the first look"
	}
	return lookWords(d.LookSource)
}

// answerMark words what the owner said; "I have renewed it" never changes the state, it waits for the registry.
func answerMark(row *models.BoardRow, d dates) markView {
	if a := row.Answer; a != nil {
		switch a.Kind {
		case models.AnswerRenewed:
			return markView{"part", "s-30", "Says renewed; not seen yet"}
		case models.AnswerLettingGo:
			return markView{"no", "u-x", "Lets it go, " + d.short(a.At)}
		case models.AnswerWrongPerson:
			return markView{"bad", "s-7", "Not the right person"}
		case models.AnswerAutoRenew, models.AnswerWillRenew:
		}
		return markView{"ok", "u-check", answerWords(a)}
	}
	switch n := row.LastNotice; {
	case row.Bounced:
		return markView{"bad", "s-7", "Address refuses mail"}
	case n == nil:
		return markView{"none", "u-dash", "None due"}
	case n.State == models.NoticeFailed:
		return markView{"bad", "s-7", "Mail was refused"}
	case n.SentAt == nil:
		return markView{"none", "u-mail", "On its way"}
	default:
		return markView{"wait", "u-clock", "No answer, " + waiting(d.now.Sub(*n.SentAt))}
	}
}

// noticeWords names the last notice: "14-day, 16 Nov, accepted".
func noticeWords(n *models.Notice, d dates) string {
	switch {
	case n == nil:
		return "No notice sent"
	case n.State == models.NoticeFailed:
		return stageWords(n.Stage) + ", refused"
	case n.SentAt == nil:
		return stageWords(n.Stage) + ", going out"
	}
	return stageWords(n.Stage) + ", " + d.short(*n.SentAt) + ", accepted"
}
