package dashboard_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

func stage(s string) models.Stage { return models.Stage(s) }

func TestEveryBandHasItsLook(t *testing.T) {
	words := map[string]models.Band{}
	for _, b := range models.Bands() {
		class, glyph, word := dashboard.Pill(b)
		if glyph == "" || word == "" || word == "Not known" {
			t.Errorf("%s has no look of its own", b)
		}
		if other, twice := words[word]; twice {
			t.Errorf("%s and %s are both called %q", b, other, word)
		}
		words[word] = b
		if fine := class == "st-ok"; fine != (b == models.BandRegistered) {
			t.Errorf("%s looks %s: only a registered name looks fine", b, class)
		}
	}
	if class, _, word := dashboard.Pill("made_up"); class != "st-unk" || word != "Not known" {
		t.Errorf("a made-up band looks %s %q, want unknown", class, word)
	}
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		band    models.Band
		days    *int
		class   string
		end     string
		unknown bool
		why     string
	}{
		{models.BandD30, new(21), "b-due", "51", false, "a unit a day from the zero tick"},
		{models.BandRegistered, new(400), "b-ok", "120", false, "90 days at most"},
		{models.BandRedemption, new(-51), "b-rgp", "13", false, "a third of a unit a day after expiry"},
		{models.BandPendingDelete, new(-400), "b-pend", "1", false, "never off the drawing"},
		{models.BandD1, new(0), "b-now", "30", false, "today"},
		{models.BandNoDate, nil, "b-unk", "", true, "no date is a hatched line, not an empty one"},
	} {
		class, end, unknown := dashboard.Bar(c.band, c.days)
		if class != c.class || end != c.end || unknown != c.unknown {
			t.Errorf("%s: %s %q %v, want %s %q %v (%s)", c.band, class, end, unknown, c.class, c.end, c.unknown, c.why)
		}
	}
}

func TestRecordsInARow(t *testing.T) {
	fresh, old := new(noon.Add(-time.Hour)), new(noon.Add(-30*time.Hour))
	for _, c := range []struct {
		total, right, unknown int
		at                    *time.Time
		want                  string
	}{
		{0, 0, 0, fresh, "none Nothing to check"},
		{4, 0, 4, nil, "unk Not checked"},
		{4, 4, 0, fresh, "ok 4 of 4 right"},
		{4, 4, 0, old, "unk 4 of 4 then"},
		{4, 3, 0, fresh, "bad 3 of 4 right"},
		{4, 3, 1, fresh, "unk 3 of 4, rest not known"},
		{4, 2, 1, fresh, "bad 2 of 4 right"},
	} {
		d := &models.Domain{RecordsTotal: c.total, RecordsRight: c.right, RecordsUnknown: c.unknown, DNSCheckedAt: c.at}
		if got := dashboard.Records(d, noon); got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
}

func TestAnswersInARow(t *testing.T) {
	sent := &models.Notice{State: models.NoticeSent, SentAt: new(noon.Add(-26 * time.Hour))}
	say := func(k models.AnswerKind) *models.Answer { return &models.Answer{Kind: k, At: noon.AddDate(0, 0, -2)} }
	for _, c := range []struct {
		row  models.BoardRow
		want string
	}{
		{models.BoardRow{}, "none None due"},
		{models.BoardRow{LastNotice: sent}, "wait No answer, 26 h"},
		{models.BoardRow{LastNotice: sent, Bounced: true}, "bad Address refuses mail"},
		{models.BoardRow{LastNotice: &models.Notice{State: models.NoticeFailed}}, "bad Mail was refused"},
		{models.BoardRow{LastNotice: &models.Notice{State: models.NoticeMailed}}, "none On its way"},
		{models.BoardRow{LastNotice: sent, Answer: say(models.AnswerRenewed)}, "part Says renewed; not seen yet"},
		{models.BoardRow{LastNotice: sent, Answer: say(models.AnswerLettingGo)}, "no Lets it go, 19 Nov"},
		{models.BoardRow{LastNotice: sent, Answer: say(models.AnswerWrongPerson)}, "bad Not the right person"},
		{models.BoardRow{LastNotice: sent, Answer: say(models.AnswerAutoRenew)}, "ok Auto-renew is on"},
	} {
		if got := dashboard.AnswerMark(&c.row, noon); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestCellsOfRecords(t *testing.T) {
	exact := models.ExpectedRecord{Match: models.MatchExact, Values: []string{"a", "b"}, State: models.RecordWrong}
	fits := models.ExpectedRecord{Match: models.MatchContains, Values: []string{"include:x"}, State: models.RecordOK}
	for _, c := range []struct {
		seen []string
		rec  models.ExpectedRecord
		want string
	}{
		{[]string{"b", "a"}, exact, "ok same"},
		{[]string{"c"}, exact, "bad other"},
		{[]string{"<NODATA>"}, exact, "bad NODATA"},
		{[]string{"<NXDOMAIN>"}, exact, "bad NXDOMAIN"},
		{[]string{"<timeout>"}, exact, "unk timeout"},
		{[]string{"<SERVFAIL>"}, exact, "unk SERVFAIL"},
		{nil, exact, "unk not asked"},
		{[]string{"v=spf1 include:x ~all"}, fits, "ok fits"},
	} {
		if got := dashboard.Cell(c.seen, c.rec); got != c.want {
			t.Errorf("%v: %q, want %q", c.seen, got, c.want)
		}
	}
}

func TestFindingsAreFoldedUnderTheirCause(t *testing.T) {
	f := func(code, title string, sev models.Severity, cause string, state models.FindingState) models.Finding {
		return models.Finding{Code: code, Title: title, Severity: sev, CauseCode: cause, State: state, OpenedAt: noon}
	}
	got := dashboard.Findings([]models.Finding{
		f("record_missing", "missing", models.SeverityMajor, "expired", models.FindingOpen),
		f("auto_renew_off", "auto", models.SeverityMinor, "", models.FindingOpen),
		f("expired", "expired", models.SeverityCritical, "", models.FindingOpen),
		f("record_wrong", "wrong", models.SeverityMinor, "dns_ns_lame", models.FindingOpen),
		f("old", "old", models.SeverityCritical, "", models.FindingResolved),
		f("loop_a", "a", models.SeverityInfo, "loop_b", models.FindingOpen),
		f("loop_b", "b", models.SeverityInfo, "loop_a", models.FindingOpen),
	}, noon)
	want := []string{"expired > missing", "auto", "wrong", "a", "b"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("layout (-want +got):\n%s", d)
	}
	got = dashboard.Findings([]models.Finding{
		f("record_missing", "missing", models.SeverityMajor, "dns_all_servers_failing", models.FindingOpen),
		f("dns_all_servers_failing", "silent", models.SeverityMajor, "dnshost_failing", models.FindingOpen),
		f("dnshost_failing", "host", models.SeverityCritical, "dnshost_failing", models.FindingOpen), // the same, carried by another domain
		f("record_wrong", "wrong", models.SeverityMinor, "nameservers_changed", models.FindingOpen),
		f("nameservers_changed", "moved", models.SeverityMajor, "", models.FindingResolved), // its children stand for themselves
	}, noon)
	if d := cmp.Diff([]string{"host > missing > silent", "wrong"}, got); d != "" {
		t.Errorf("a dead host is one finding (-want +got):\n%s", d)
	}
}

// A dead host is what is to be done next on each of its names, not only on the one that carries the finding.
func TestTheNextThingIsTheCause(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	v := s.store.views["harborlinedental.example"]
	v.Watched.Findings = []models.Finding{
		{Code: "record_missing", Title: "A record is missing", Severity: models.SeverityCritical, CauseCode: "dnshost_failing", State: models.FindingOpen, OpenedAt: noon},
		{Code: "dnshost_failing", Title: "A DNS host is down", Severity: models.SeverityMajor, CauseCode: "dnshost_failing", State: models.FindingOpen, OpenedAt: noon},
	}
	s.store.views["harborlinedental.example"] = v
	s.as(models.UserViewer).get("/domains/harborlinedental.example").want(t, 200, "<b>A DNS host is down.</b>", "1 open")
}

func TestLifeOfAName(t *testing.T) {
	d := &models.Domain{ExpiresAt: new(noon.AddDate(0, 0, -20))}
	if got := dashboard.Life(d, models.BandExpired, noon)[2]; got != "[Grace]" {
		t.Errorf("an expired name stands at %s", got)
	}
	d.ExpiresAt = new(noon.AddDate(0, 0, 20))
	if got := dashboard.Life(d, models.BandD30, noon); got[0] != "[Registered]" || got[1] != "Expires" {
		t.Errorf("a registered name stands at %v", got)
	}
	if got := dashboard.Life(&models.Domain{}, models.BandNoDate, noon); got != nil {
		t.Errorf("without a date there is nothing to draw: %v", got)
	}
}

func TestSweeps(t *testing.T) {
	at := func(ago time.Duration) *time.Time { return new(noon.Add(-ago)) }
	got := dashboard.SweepReasons([]models.Sweep{
		{Name: "registration", FinishedAt: at(10 * time.Minute)},
		{Name: "dns", FinishedAt: at(31 * time.Minute)},
		{Name: "judge", FinishedAt: at(time.Minute), Error: "disk full"},
		{Name: "plan", StartedAt: at(time.Minute)},
	}, noon, noon.Add(-5*time.Minute), 30*time.Minute)
	want := map[string]string{"registration": "in_time", "dns": "late", "judge": "last_run_failed", "plan": "not_finished_yet", "deliver": "not_finished_yet"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
	got = dashboard.SweepReasons(nil, noon, noon.Add(-31*time.Minute), 30*time.Minute)
	if got["deliver"] != "late" {
		t.Errorf("a sweep that never ran is %s half an hour after the start", got["deliver"])
	}
}

func TestHorizon(t *testing.T) {
	tile := func(name string, days int, b models.Band) models.HorizonTile {
		h := models.HorizonTile{Name: name, Band: b}
		if days != noDate {
			h.ExpiresAt = new(noon.AddDate(0, 0, days))
		}
		return h
	}
	tiles := []models.HorizonTile{
		tile("a.example", -15, models.BandExpired), tile("b.example", 1, models.BandD1), tile("c.example", 800, models.BandRegistered),
		tile("d.example", noDate, models.BandNoDate), tile("e.example", -2, models.BandOnHold), tile("f.example", 364, models.BandRegistered),
	}
	for range 20 {
		tiles = append(tiles, tile("many.example", 21, models.BandD30))
	}
	labels, texts, more := dashboard.Horizon(tiles, noon, pacific(t))
	if len(labels) != 15 || labels[0] != "Lapsed" || labels[1] != "Nov" || labels[12] != "Oct" || labels[13] != "Later" || labels[14] != "No date" {
		t.Fatalf("columns: %v", labels)
	}
	want := map[string][]string{"Lapsed": {"6 Nov", "19 Nov"}, "Nov": {"22"}, "Later": {"2027", "2029"}, "No date": {"ask"}}
	for label, w := range want {
		if d := cmp.Diff(w, texts[label]); d != "" {
			t.Errorf("%s (-want +got):\n%s", label, d)
		}
	}
	if len(texts["Dec"]) != 7 || more["Dec"] != 13 {
		t.Errorf("20 tiles in a month: %d shown, %d more; want 7 and 13", len(texts["Dec"]), more["Dec"])
	}
}
