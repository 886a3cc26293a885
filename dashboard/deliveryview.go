package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// deliveriesView lists deliveries and says how each target fares.
type deliveriesView struct {
	Targets    []targetView
	Rows       []deliveryRow
	Range      string
	States     []choice
	Names      []choice
	Kind       string
	Prev, Next string
	Since      string // day that the form for replays begins with
	Failed     []string
}

// targetView is how one target fares.
type targetView struct {
	Name, URL             string
	Mark                  markView
	Note                  string
	Waiting, Sent, Failed int
	Last                  string
	Off                   bool
}

// deliveryRow is one delivery.
type deliveryRow struct {
	URL, Event, Kind, Target string
	At, AtISO                string
	Mark                     markView
	Reply                    string
	Next                     string
	Tries                    int
	MayReplay                bool
	ID                       int64
}

// deliveryView is one delivery with its tries.
type deliveryView struct {
	deliveryRow
	Tries []tryRow
	Body  string
	Back  string
}

// tryRow is one attempt.
type tryRow struct {
	At, Took, Code, Reply string
	Good                  bool
}

func buildDeliveries(p *models.DispatchPage, q models.DispatchQuery, d dates) deliveriesView {
	v := deliveriesView{Kind: q.Kind, Since: d.now.In(d.loc).Format("2006-01-02")}
	for i := range p.Targets {
		v.Targets = append(v.Targets, buildTarget(&p.Targets[i], d))
		name := p.Targets[i].Name
		v.Names = append(v.Names, choice{name, visible(name), name == q.Target})
		if p.Targets[i].Failed > 0 && !strings.HasPrefix(name, "digest:") {
			v.Failed = append(v.Failed, name)
		}
	}
	for _, st := range deliveryStates {
		v.States = append(v.States, choice{string(st), dispatchMark(st, 0).Word, st == q.State})
	}
	for i := range p.Rows {
		v.Rows = append(v.Rows, buildDeliveryRow(&p.Rows[i], d))
	}
	first := (q.Page-1)*q.Per + 1
	v.Range = fmt.Sprintf("%s–%s of %s", thousands(first), thousands(first+len(p.Rows)-1), thousands(p.Matching))
	if len(p.Rows) == 0 {
		v.Range = "Nothing on this page"
	}
	if q.Page > 1 {
		v.Prev = deliveriesURL(models.DispatchQuery{Target: q.Target, State: q.State, Kind: q.Kind, Page: q.Page - 1})
	}
	if q.Page*q.Per < p.Matching {
		v.Next = deliveriesURL(models.DispatchQuery{Target: q.Target, State: q.State, Kind: q.Kind, Page: q.Page + 1})
	}
	return v
}

func buildTarget(t *models.DispatchTargetState, d dates) targetView {
	v := targetView{
		Name: t.Name, URL: deliveriesURL(models.DispatchQuery{Target: t.Name}), Waiting: t.Waiting, Sent: t.Sent, Failed: t.Failed, Off: t.Off != nil,
		Last: "never", Mark: markView{"ok", "u-check", "On"},
	}
	if t.LastSent != nil {
		v.Last = d.age(t.LastSent)
	}
	switch {
	case t.Off != nil:
		v.Mark, v.Note = markView{"bad", "s-7", "Switched off"}, visible(t.Off.Why)+", "+d.stamp(*t.Off.OffAt)
	case t.Failed > 0:
		v.Mark = markView{"wait", "u-clock", "Some given up"}
	}
	return v
}

func buildDeliveryRow(r *models.Dispatch, d dates) deliveryRow {
	v := deliveryRow{
		ID: r.ID, URL: fmt.Sprintf("/ops/deliveries/%d", r.ID), Event: visible(r.EventID), Kind: visible(r.Kind), Target: visible(r.Target), At: d.stamp(r.At), AtISO: d.iso(r.At),
		Mark: dispatchMark(r.State, r.Attempts), Tries: r.Attempts, Reply: codeWords(r.LastCode, r.LastReply),
		MayReplay: (r.State == models.DispatchSent || r.State == models.DispatchFailed) && !strings.HasPrefix(r.Target, "digest:"),
	}
	if r.State == models.DispatchWaiting && r.Attempts > 0 {
		v.Next = "next try " + d.stamp(r.NextAttemptAt)
	}
	if r.State == models.DispatchWaiting && r.Attempts == 0 {
		v.Reply = ""
	}
	return v
}

func buildDelivery(v *models.DispatchView, d dates) deliveryView {
	out := deliveryView{deliveryRow: buildDeliveryRow(&v.Dispatch, d), Body: bodyText(&v.Dispatch), Back: deliveriesURL(models.DispatchQuery{Target: v.Dispatch.Target})}
	for i := range v.Tries {
		t := &v.Tries[i]
		code := "no answer"
		if t.Code != 0 {
			code = fmt.Sprint(t.Code)
		}
		out.Tries = append(out.Tries, tryRow{
			At: d.moment(t.At), Took: fmt.Sprintf("%d ms", t.TookMicros/1000), Code: code, Reply: visible(t.Reply), Good: t.Code/100 == 2,
		})
	}
	return out
}

// bodyText shows a body: JSON indented, and of a digest the text part.
func bodyText(r *models.Dispatch) string {
	var mail struct{ Subject, Text string }
	if strings.HasPrefix(r.Target, "digest:") && json.Unmarshal([]byte(r.Body), &mail) == nil {
		return "Subject: " + visible(mail.Subject) + "\n\n" + visible(mail.Text)
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(r.Body), "", "  ") != nil {
		return visible(r.Body)
	}
	return visible(b.String())
}

// codeWords repeats what a receiver answered last.
func codeWords(code int, reply string) string {
	said := visible(reply)
	switch {
	case code == 0:
		return said
	case said == "":
		return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	}
	return fmt.Sprintf("%d %s", code, said)
}

// dispatchMark words where a delivery stands.
func dispatchMark(s models.DispatchState, attempts int) markView {
	switch s {
	case models.DispatchWaiting:
		if attempts > 0 {
			return markView{"wait", "u-clock", "Tried, waits"}
		}
		return markView{"none", "u-ring", "Waits"}
	case models.DispatchSending:
		return markView{"part", "u-mail", "On its way"}
	case models.DispatchSent:
		return markView{"ok", "u-check", "Taken"}
	case models.DispatchFailed:
		return markView{"bad", "s-7", "Given up"}
	}
	return markView{"unk", "s-unk", "Not known"}
}
