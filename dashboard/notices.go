package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// maxNotices is how many notices the page shows.
const maxNotices = 500

// noticesView lists what is to go out, and what can't.
type noticesView struct {
	Groups   []noticeGroup
	Total    int
	Bound    bool // there may be more
	Tasks    int  // open, on a page of their own
	Overflow []noticeRow
	Cap      string // why Overflow waits
	Forecast bool   // it can be said what goes out in the next days
}

// noticeGroup is the notices of one state.
type noticeGroup struct {
	ID    string // of its place on the page
	Label string
	Note  string
	Rows  []noticeRow
}

// noticeRow is one notice.
type noticeRow struct {
	ID         int64
	Name       nameView
	ClientID   int64
	Client     string
	Stage      string
	Mark       markView
	Due        string
	DueISO     string
	Sent       string
	To         string
	Reason     string
	Reply      string // the server's last words, with its codes
	Next       string // when it is tried again
	Expires    *whenView
	MayHold    bool
	MayRelease bool
	ClientHeld bool // it waits until somebody releases the client
}

// hold marks a notice that waits although it may be due, because nothing goes out to its client.
func (r *noticeRow) hold(client bool) {
	if client && r.MayHold {
		r.ClientHeld, r.Mark = true, forecastMark(models.ForecastClientHeld)
	}
}

// noticeOrder is the order of the groups: what a person must do something about comes first.
var noticeOrder = []struct {
	state       models.NoticeState
	label, note string
}{
	{models.NoticeBlocked, "No usable address", "find another address, or call"},
	{models.NoticeBounced, "Refused, or come back", "the address may be wrong: ask, and correct the contact"},
	{models.NoticeHeld, "Held", "nothing goes out until somebody releases it"},
	{models.NoticeMailed, "On its way", ""},
	{models.NoticeQueued, "Waiting to go out", ""},
}

// noticesPage lists notices by state.
func (s *Server) noticesPage(w http.ResponseWriter, r *http.Request) error {
	ctx, d := r.Context(), s.dates(s.now())
	list, err := s.opt.Store.QueuedNotices(ctx, maxNotices)
	if err != nil {
		return fmt.Errorf("read the notices: %w", err)
	}
	over, err := s.opt.Store.CapOverflow(ctx)
	if err != nil {
		return fmt.Errorf("read the notices over the cap: %w", err)
	}
	returned, err := s.opt.Store.ReturnedNotices(ctx, s.now(), maxNotices)
	if err != nil {
		return fmt.Errorf("read the notices that came back: %w", err)
	}
	v := noticesView{Bound: len(list) == maxNotices, Overflow: noticeRows(over, d), Forecast: s.opt.Outlook != nil}
	if v.Forecast {
		v.Cap = capWords(s.opt.Outlook.Rules(nil).DailyCap)
	}
	held, err := s.heldClients(ctx)
	if err != nil {
		return err
	}
	for i := range v.Overflow {
		v.Overflow[i].hold(held[v.Overflow[i].ClientID])
	}
	groups := map[models.NoticeState][]noticeRow{models.NoticeBounced: noticeRows(returned, d)}
	for i := range list {
		n := &list[i].Notice
		switch {
		case n.Channel == models.ChannelTask:
			v.Tasks++
		case n.State == models.NoticeFailed: // among those that came back, as long as it says something
		case n.State == models.NoticeQueued && n.Reason == models.ReasonOverCap:
			v.Total++
		default:
			v.Total++
			row := buildNotice(&list[i], d)
			row.hold(held[row.ClientID])
			groups[n.State] = append(groups[n.State], row)
		}
	}
	for _, g := range noticeOrder {
		if len(groups[g.state]) > 0 {
			v.Groups = append(v.Groups, noticeGroup{ID: string(g.state), Label: g.label, Note: g.note, Rows: groups[g.state]})
		}
	}
	s.render(w, r, http.StatusOK, "notices", head{Title: "Notices", Nav: "/notices"}, v)
	return nil
}

// heldClients gives the clients to whom nothing goes out.
func (s *Server) heldClients(ctx context.Context) (map[int64]bool, error) {
	list, err := s.opt.Store.Clients(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the clients: %w", err)
	}
	held := map[int64]bool{}
	for i := range list {
		held[list[i].ID] = list[i].HeldAt != nil
	}
	return held, nil
}

// capWords says why notices wait although they are due.
func capWords(most int) string {
	if most == 0 {
		return "their address has its messages for the day"
	}
	return "their address has had " + plural(most, "message") + " that day, which is the most it gets"
}

func noticeRows(list []models.NoticeView, d dates) []noticeRow {
	var rows []noticeRow
	for i := range list {
		rows = append(rows, buildNotice(&list[i], d))
	}
	return rows
}

// buildNotice words one notice with the message that carried it.
func buildNotice(nv *models.NoticeView, d dates) noticeRow {
	n := &nv.Notice
	row := noticeRow{
		ID: n.ID, ClientID: n.ClientID, Client: visible(nv.ClientName), Stage: stageWords(n.Stage), Mark: noticeMark(n.State), Due: d.stamp(n.DueAt), DueISO: d.iso(n.DueAt),
		To: visible(n.Recipient), Reason: plainReason(n.Reason), MayHold: n.State == models.NoticeQueued, MayRelease: n.State == models.NoticeHeld,
	}
	if nv.DomainName != "" {
		row.Name = nameOf(nv.DomainName)
	}
	if n.CycleID != 0 {
		row.Expires = d.when(&n.ExpiresAt)
	}
	if n.Channel == models.ChannelTask {
		row.To, row.MayHold = "a task for us, no mail", false
		if n.State == models.NoticeQueued {
			row.Mark = markView{"wait", "u-ring", "To do"}
		}
	}
	if n.SentAt != nil {
		row.Sent = d.stamp(*n.SentAt)
	}
	if len(nv.Attempts) > 0 {
		last := slices.MaxFunc(nv.Attempts, func(a, b models.Attempt) int { return a.At.Compare(b.At) })
		row.Reply = replyWords(&last, d)
	}
	if m := nv.Mail; m != nil && n.State == models.NoticeBounced && m.BouncedAt != nil {
		row.Reply = visible(cmp.Or(m.BounceReason, "no reason was given")) + ", " + d.stamp(*m.BouncedAt)
	}
	if m := nv.Mail; m != nil && (m.State == models.MailWaiting || m.State == models.MailSending) && m.Attempts > 0 {
		row.Next = "next try " + d.stamp(m.NextAttemptAt)
	}
	return row
}

// replyWords repeats what the mail server said.
func replyWords(a *models.Attempt, d dates) string {
	said := visible(a.Reply)
	if a.Enhanced != "" {
		said = visible(a.Enhanced) + " " + said
	}
	if a.Code != 0 {
		said = fmt.Sprintf("%d %s", a.Code, said)
	}
	if said == "" {
		said = "no reply"
	}
	return said + ", " + d.stamp(a.At)
}

// plainReason shows a named reason as words; the names are chosen to read so.
func plainReason(reason string) string { return visible(strings.ReplaceAll(reason, "_", " ")) }
