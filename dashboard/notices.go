package dashboard

import (
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
	Groups []noticeGroup
	Total  int
	Bound  bool // there may be more
}

// noticeGroup is the notices of one state.
type noticeGroup struct {
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
}

// taskGroup gathers the open tasks, which share the state of notices that wait to go out.
const taskGroup models.NoticeState = "task"

// noticeOrder is the order of the groups: what a person must do something about comes first.
var noticeOrder = []struct {
	state       models.NoticeState
	label, note string
}{
	{models.NoticeBlocked, "No usable address", "find another address, or call"},
	{models.NoticeFailed, "Refused", "the server said no for good, or too often"},
	{taskGroup, "To do by us", "nothing is sent; it rests when the owner answers or the date moves"},
	{models.NoticeHeld, "Held", "nothing goes out until somebody releases it"},
	{models.NoticeMailed, "On its way", ""},
	{models.NoticeQueued, "Waiting to go out", ""},
	{models.NoticeSent, "Sent", "the server said 250"},
	{models.NoticeSuperseded, "Skipped", "a tighter one was due"},
	{models.NoticeCancelled, "Cancelled", "the facts changed"},
}

// noticesPage lists notices by state.
func (s *Server) noticesPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := s.opt.Store.QueuedNotices(ctx, maxNotices)
	if err != nil {
		return fmt.Errorf("read the notices: %w", err)
	}
	names, err := s.domainNames(ctx, len(list))
	if err != nil {
		return err
	}
	d := s.dates(s.now())
	rows := map[models.NoticeState][]noticeRow{}
	for i := range list {
		row := buildNotice(&list[i], d)
		if n, ok := names[list[i].Notice.DomainID]; ok {
			row.Name, row.Client = nameOf(n.name), visible(n.client)
		}
		state := list[i].Notice.State
		if list[i].Notice.Channel == models.ChannelTask {
			state = taskGroup
		}
		rows[state] = append(rows[state], row)
	}
	v := noticesView{Total: len(list), Bound: len(list) == maxNotices}
	for _, g := range noticeOrder {
		if len(rows[g.state]) > 0 {
			v.Groups = append(v.Groups, noticeGroup{Label: g.label, Note: g.note, Rows: rows[g.state]})
		}
	}
	s.render(w, r, http.StatusOK, "notices", head{Title: "Notices", Nav: "/notices"}, v)
	return nil
}

// ownedName is a domain's name with its client's.
type ownedName struct{ name, client string }

// domainNames gives the names behind domain ids. Notices carry only ids, so the board is read once for all of them.
func (s *Server) domainNames(ctx context.Context, wanted int) (map[int64]ownedName, error) {
	names := map[int64]ownedName{}
	if wanted == 0 {
		return names, nil
	}
	b, err := s.opt.Store.Board(ctx, models.BoardQuery{Now: s.now(), Loc: s.opt.Agency.Zone, Sort: "domain", Page: 1})
	if err != nil {
		return nil, fmt.Errorf("read the names: %w", err)
	}
	for _, row := range b.Rows {
		names[row.Domain.ID] = ownedName{row.Domain.Name, row.ClientName}
	}
	return names, nil
}

// buildNotice words one notice with the message that carried it.
func buildNotice(nv *models.NoticeView, d dates) noticeRow {
	n := &nv.Notice
	row := noticeRow{
		ID: n.ID, ClientID: n.ClientID, Stage: stageWords(n.Stage), Mark: noticeMark(n.State), Due: d.stamp(n.DueAt), DueISO: d.iso(n.DueAt), To: visible(n.Recipient),
		Reason: plainReason(n.Reason), Expires: d.when(&n.ExpiresAt), MayHold: n.State == models.NoticeQueued, MayRelease: n.State == models.NoticeHeld,
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
