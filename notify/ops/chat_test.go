package ops_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify/ops"
)

func TestTextFromOutsideCantMentionOrLink(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"plain", "Smith & Sons (Denver), 5-7", "Smith & Sons (Denver), 5-7"},
		{"Slack's mention of everybody", "<!channel> <!here|x>", "‹!channel› ‹!here¦x›"},
		{"a mention by name", "@all @here", "＠all ＠here"},
		{"an escaped mention", "&lt;!here&gt; &#60;", "‹!here› ＆#60;"},
		{"Slack's link", "<https://evil.example|Renew>", "‹https:∕∕evil.example¦Renew›"},
		{"Markdown's link", "[Renew](https://evil.example)", "(Renew)(https:∕∕evil.example)"},
		{"an address", "www.evil.example", "www․evil.example"},
		{"emphasis and code", "*b* `c` ~s~", "∗b∗ ˋcˋ ∼s∼"},
		{"lines of its own", "a\r\nCritical: b\u2028c\u202ed", "a Critical: b cd"},
	} {
		if got := ops.Plain(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("<!channel>")
	f.Add("[a](http://b)")
	f.Add("&l&lt;t;")
	f.Fuzz(func(t *testing.T, s string) {
		if got := ops.Plain(s); strings.ContainsAny(got, "<>@[]`*~|\n\r\x1b") || strings.Contains(got, "://") || strings.Contains(got, "&lt;") {
			t.Errorf("%q gives %q", s, got)
		}
	})
}

// TestTheChatHearsWhatAPersonMustActOn also looks for the address of the chat in everything that is kept.
func TestTheChatHearsWhatAPersonMustActOn(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, "")
	r.say(func(w http.ResponseWriter, req *http.Request) { // as some servers do
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "The requested URL "+req.URL.Path+" was not found. Token B00SECRET, https://"+req.Host+req.RequestURI)
	})
	address := r.URL + "/services/T00TEAM/B00SECRET?key=k3yk3yk3y"
	d := w.desk(func(o *ops.Options) { o.Chat = func() string { return address } })
	w.find("amber.lab", 1, models.SeverityCritical, "a")
	w.find("basil.lab", 1, models.SeverityMajor, "b")
	w.brake("2 of <2> names turned bad")
	w.sweep(d)
	said := r.requests()
	const want = `{"text":"The storm brake holds all client mail: 2 of ‹2› names turned bad https://watch.northwind.example/notices\nCritical: amber.lab, Amber ‹!channel› Bakery: ` +
		`The name ‹https:∕∕evil.example¦lapsed› ＠here https://watch.northwind.example/domains/amber.lab"}`
	if len(said) != 1 || said[0].body != want {
		t.Errorf("said %+v", said)
	}
	v, err := w.db.Delivery(t.Context(), w.rows()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if kept := fmt.Sprintf("%+v %s", v, w.log.String()); strings.Contains(kept, "B00SECRET") || strings.Contains(kept, "T00TEAM") || strings.Contains(kept, "k3yk3yk3y") {
		t.Errorf("the address is kept: %s", kept)
	}
	// Refused connections and bad addresses say nothing of it either.
	r.Close()
	w.pass(time.Hour)
	w.sweep(d)
	if v, err = w.db.Delivery(t.Context(), v.Dispatch.ID); err != nil || len(v.Tries) != 2 || strings.Contains(v.Tries[1].Reply, "SECRET") || v.Tries[1].Reply == "" {
		t.Errorf("%+v %v", v.Tries, err)
	}
	for _, text := range []string{ops.Hidden("Get "+address+": no", address), ops.Hidden("/services/T00TEAM/B00SECRET", address)} {
		if strings.Contains(text, "SECRET") {
			t.Error(text)
		}
	}
}

// TestTheChatIsNotFlooded has something critical happen every minute of two hours.
func TestTheChatIsNotFlooded(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, "")
	d := w.desk(func(o *ops.Options) { o.Chat = func() string { return r.URL } })
	for i := range 120 {
		w.find("amber.lab", 1, models.SeverityCritical, fmt.Sprint("at", i))
		for range 2 { // sweeps of a minute
			w.sweep(d)
			w.pass(30 * time.Second)
		}
	}
	w.pass(time.Hour)
	w.sweep(d)
	said := r.requests()
	if n := len(said); n > 30 || n < 15 {
		t.Errorf("%d messages in two hours", n)
	}
	lines := 0
	for _, m := range said {
		lines += strings.Count(m.body, "Critical:")
		var more int
		if _, rest, found := strings.Cut(m.body, "… and "); found {
			_, _ = fmt.Sscanf(rest, "%d", &more)
		}
		lines += more
	}
	if lines != 120 {
		t.Errorf("%d things were told, want 120", lines)
	}
}

func TestASweepThatStopsIsToldOnce(t *testing.T) {
	w, r, chat := newWorld(t), newReceiver(t, secret), newReceiver(t, "")
	d := w.desk(func(o *ops.Options) { hook(r.URL, "sweep.*")(o); o.Chat = func() string { return chat.URL } })
	run := func(text string) {
		now := w.clock()
		if err := w.db.RecordSweep(t.Context(), models.Sweep{Name: "dns", StartedAt: &now, FinishedAt: &now, Error: text}); err != nil {
			t.Fatal(err)
		}
		w.sweep(d)
	}
	run("")
	for range 4 {
		w.pass(10 * time.Minute)
		run("the disk is full")
	}
	w.pass(10 * time.Minute)
	run("")
	if got := r.requests(); len(got) != 1 || got[0].event.Data.Facts["sweep"] != "dns" || len(chat.requests()) != 1 {
		t.Fatalf("told %+v", got)
	}
	w.pass(time.Hour)
	w.sweep(d) // it stopped anew
	if got := r.requests(); len(got) != 2 || got[1].id == got[0].id {
		t.Errorf("told %+v", got)
	}
}

// TestTheHeartbeat follows rounds, good and bad, with two processes.
func TestTheHeartbeat(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, "")
	beat := func(o *ops.Options) { o.Heartbeat = func() string { return r.URL + "/ping/s3cr3t-uuid" } }
	desks := []*ops.Desk{w.desk(beat), w.desk(beat)}
	tasks := []string{"registration", "dns", "judge", "plan", "deliver"}
	ran := func(names []string, text string) {
		now := w.clock()
		for _, name := range names {
			if err := w.db.RecordSweep(t.Context(), models.Sweep{Name: name, StartedAt: &now, FinishedAt: &now, Error: text}); err != nil {
				t.Fatal(err)
			}
		}
	}
	beats := 0
	for _, step := range []struct {
		why  string
		pass time.Duration
		ran  []string
		text string
		want int
	}{
		{"nothing ran yet", 0, nil, "", 0},
		{"one is missing", time.Minute, tasks[:4], "", 0},
		{"a whole round", time.Minute, tasks, "", 1},
		{"nothing new", time.Minute, nil, "", 1},
		{"a round within the minute", 0, tasks, "", 2},
		{"another, too soon", 30 * time.Second, tasks, "", 2},
		{"the minute is over", 30 * time.Second, nil, "", 3},
		{"one failed", 2 * time.Minute, tasks[:4], "", 3},
		{"and says so", 0, tasks[4:], "no mail server", 3},
		{"good again", time.Minute, tasks, "", 4},
		{"a round that ended long ago", 10 * time.Minute, nil, "", 4},
		{"the clock was set back", -time.Hour, tasks, "", 5},
	} {
		w.pass(step.pass)
		ran(step.ran, step.text)
		for _, d := range desks {
			said, err := d.Beat(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if said {
				beats++
			}
		}
		if beats != step.want || len(r.requests()) != step.want {
			t.Errorf("%s: %d beats, %d requests, want %d", step.why, beats, len(r.requests()), step.want)
		}
	}
	r.say(status(http.StatusInternalServerError))
	w.pass(time.Minute)
	ran(tasks, "")
	if said, err := desks[0].Beat(t.Context()); !said || err != nil {
		t.Errorf("%v %v", said, err)
	}
	if text := w.log.String(); !strings.Contains(text, "heartbeat was not taken") || strings.Contains(text, "s3cr3t") {
		t.Errorf("log: %s", text)
	}
}
