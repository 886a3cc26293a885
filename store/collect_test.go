package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// TestCollectPageByPage: pages that mix contacts with a message of the day, contacts without one and contacts over the cap come to the same as
// one large page, and end.
func TestCollectPageByPage(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2, 3, 100} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) { collectPages(on, limit) })
		})
	}
}

func collectPages(on engine, limit int) {
	t, s := on.t, on.s
	first := map[string]models.Notice{}
	for _, of := range []struct {
		name string
		left time.Duration
	}{{"waiting", 5 * day}, {"boss1", day}, {"boss2", 2 * day}, {"boss3", 3 * day}, {"fresh", 4 * day}, {"boss4", 6 * day}} {
		r := row(of.name+".lab", "Client "+of.name)
		if strings.HasPrefix(of.name, "boss") { // one person looks after four of them
			r.Contacts[0].Email = "Boss@holding.example"
		}
		imported(t, s, r)
		w := expiring(t, s, r.Domain, at(of.left))
		if of.name == "waiting" {
			queued(t, s, owed(w, models.StageD30))
			collected(t, s, now, "2026-11-22")
		}
		first[of.name] = queued(t, s, owed(w, models.StageD7))[0]
	}
	c := collection(now, "2026-11-22", limit)
	c.Cap = 2
	var got []string
	for pages := 0; ; pages++ {
		ids, more, err := s.CollectMails(t.Context(), c)
		ok(t, err)
		for _, id := range ids {
			got = append(got, must[models.Letter](t)(s.Letter(t.Context(), id)).Client.Name)
		}
		if !more {
			break
		}
		if pages > len(first) {
			t.Fatal("it does not end")
		}
	}
	if diff := cmp.Diff([]string{"Client boss1", "Client boss2", "Client fresh", "Client waiting"}, got); diff != "" {
		t.Errorf("messages by urgency (-want +got):\n%s", diff)
	}
	for name, want := range map[string]models.NoticeState{
		"boss1": models.NoticeMailed, "boss2": models.NoticeMailed, "boss3": models.NoticeQueued, "boss4": models.NoticeQueued, "fresh": models.NoticeMailed, "waiting": models.NoticeMailed,
	} {
		n := noticeNow(t, s, first[name])
		if n.State != want || (want == models.NoticeQueued) != (n.Reason == models.ReasonOverCap && n.DueAt.Equal(c.Later) && n.MailID == nil) {
			t.Errorf("%s: %+v", name, n)
		}
	}
	if n := kinds(t, s)["notices_over_cap"]; n != 2 {
		t.Errorf("the ledger tells %d times of what is over the cap, want once for each of two contacts", n)
	}
	must[int](t)(s.VerifyLedger(t.Context()))
}
