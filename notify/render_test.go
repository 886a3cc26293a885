package notify_test

import (
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

var update = flag.Bool("update", false, "write the golden files anew")

const ownPage = "https://watch.tidewater.example/c/AQIDBAUGBwgJCgsMDQ4PEBESExQV"

func renderer(tb testing.TB) *notify.Renderer {
	tb.Helper()
	r, err := notify.NewRenderer(agency(), notify.Words{})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func render(tb testing.TB, l *models.Letter, now time.Time) notify.Rendering {
	tb.Helper()
	got, err := renderer(tb).Render(l, ownPage, policy(tb), now)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// goldenLetters are one letter per template and variant.
func goldenLetters(t *testing.T) map[string]struct {
	l   models.Letter
	now time.Time
} {
	t.Helper()
	exp := at(t, "2026-11-28 06:00")
	type golden = struct {
		l   models.Letter
		now time.Time
	}
	made := map[string]golden{}
	add := func(name, now string, stage models.Stage, change func(l *models.Letter, d *models.Domain)) {
		l := letter(exp, at(t, now), stage)
		if change != nil {
			change(&l, &l.Items[0].Domain)
		}
		made[name] = golden{l, at(t, now)}
	}
	lapsed := func(state models.Lifecycle) func(*models.Letter, *models.Domain) {
		return func(l *models.Letter, d *models.Domain) {
			d.Lifecycle, d.LifecycleSince = state, new(exp)
			d.LastSafeDay, d.RecoverUntil = new(exp.AddDate(0, 0, 45)), new(exp.AddDate(0, 0, 75))
			l.Items[0].Notice.Reason = notify.ReasonDatePassed
		}
	}
	add("plan", "2026-10-29 09:00", models.StageD30, nil)
	add("soon", "2026-11-20 09:00", models.StageD7, func(l *models.Letter, d *models.Domain) {
		d.AutoRenew, d.LastSafeDay = models.AutoRenewOff, new(exp.AddDate(0, 0, 45))
		l.Items[0].PriorSentAt, l.Copies = new(at(t, "2026-11-13 09:01")), []models.Contact{deputy}
		l.Items[0].Records = []models.ExpectedRecord{
			{Purpose: "The newsletter is sent from this name."},
			{Purpose: "The pages your ads lead to are found under it.", Essential: true},
		}
	})
	add("soon-renewal-not-seen", "2026-11-27 09:00", models.StageD1, func(l *models.Letter, _ *models.Domain) {
		l.Items[0].Notice.Reason = notify.ReasonRenewalNotSeen
		l.Contact.TimeZone = "Asia/Kolkata"
	})
	add("attested", "2026-11-28 09:00", models.StageD0, func(l *models.Letter, d *models.Domain) {
		d.ExpirySource, d.AttestedBy, d.AttestedAt = models.ExpiryAttested, "Luis Ferreira", new(at(t, "2026-05-04 10:00"))
		d.ExpiresAt = new(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
		d.Registrar, d.Suffix, d.Name = "", "xn--fzc2c9e2c", "xn--bcher-kva.xn--fzc2c9e2c"
	})
	add("expired", "2026-11-29 09:00", models.StageP1, lapsed(models.LifecycleExpired))
	add("redemption", "2027-01-13 09:00", models.StageRedemption, lapsed(models.LifecycleRedemption))
	add("last-chance", "2027-02-06 09:00", models.StagePendingDelete, lapsed(models.LifecycleRedemption))
	add("pending-delete", "2027-02-12 09:00", models.StagePendingDelete, lapsed(models.LifecyclePendingDelete))
	add("unconfirmed", "2026-12-02 09:00", models.StageP4, func(l *models.Letter, d *models.Domain) {
		lapsed(models.LifecycleExpired)(l, d)
		d.Unconfirmed = true
		l.Items[0].Registration = &models.Registration{RegistryExpiry: new(exp.AddDate(1, 0, 0))}
	})
	add("unconfirmed-registrar", "2026-12-02 09:00", models.StageP4, func(l *models.Letter, d *models.Domain) {
		lapsed(models.LifecycleExpired)(l, d)
		d.Unconfirmed = true
		l.Items[0].Registration = &models.Registration{RegistryExpiry: new(exp.AddDate(1, 0, 0)), RegistrarExpiry: new(exp)}
	})
	several := letter(exp, at(t, "2026-11-29 09:00"), models.StageP1)
	lapsed(models.LifecycleExpired)(&several, &several.Items[0].Domain)
	second := letter(exp.AddDate(0, 0, 6), at(t, "2026-11-29 09:00"), models.StageD7).Items[0]
	second.Domain.ID, second.Domain.Name, second.Domain.Registrar = 8, "spa.example", "North Registry Services"
	several.Items = append(several.Items, second)
	made["several"] = golden{several, at(t, "2026-11-29 09:00")}
	return made
}

func TestLettersReadAsTheGoldenFilesSay(t *testing.T) {
	for name, g := range goldenLetters(t) {
		t.Run(name, func(t *testing.T) {
			got := render(t, &g.l, g.now)
			golden(t, name+".txt", "Subject: "+got.Subject+"\n\n"+got.Text)
			golden(t, name+".html", got.HTML)
		})
	}
}

// TestALetterOnAnUnconfirmedRenewalCallsNothingExpired holds the milder words: what is seen, who has not confirmed it, and to check.
func TestALetterOnAnUnconfirmedRenewalCallsNothingExpired(t *testing.T) {
	exp := at(t, "2026-11-28 06:00")
	for _, stage := range []models.Stage{models.StageD7, models.StageD1, models.StageD0, models.StageP1, models.StageP4} {
		for name, r := range map[string]*models.Registration{
			"nothing known": nil, "registry": {RegistryExpiry: new(exp.AddDate(1, 0, 0))},
			"both": {RegistryExpiry: new(exp.AddDate(1, 0, 0)), RegistrarExpiry: &exp},
		} {
			now := at(t, "2026-11-30 09:00")
			l := letter(exp, now, stage)
			d := &l.Items[0].Domain
			d.Lifecycle, d.LifecycleWhy, d.Unconfirmed = models.LifecycleExpired, models.WhyUnconfirmed, true
			l.Items[0].Registration = r
			got := render(t, &l, now)
			for _, text := range []string{got.Subject, got.Text, got.HTML} {
				if strings.Contains(strings.ToLower(text), "expired") {
					t.Errorf("%s, %s: the letter says expired:\n%s", stage, name, text)
				}
			}
			plain := strings.Join(strings.Fields(got.Text), " ")
			want := []string{"Registries set such a date by themselves", "please check", "28 November 2026"}
			if r != nil {
				want = append(want, "28 November 2027")
			}
			if name == "both" {
				want = append(want, "The date at Harbor Names is still")
			}
			for _, w := range want {
				if !strings.Contains(plain, w) {
					t.Errorf("%s, %s: the letter does not say %q:\n%s", stage, name, w, plain)
				}
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got), run with -update if that is meant:\n%s", name, diff)
	}
}

var (
	links  = regexp.MustCompile(`https?://[^\s"<>]+`)
	urgent = regexp.MustCompile(`(?i)\b(urgent|immediately|hurry|act now|final notice|last warning|asap|suspend|avoid losing)\b|!`)
	prices = regexp.MustCompile(`(?i)[$€£]|\bUSD\b|pay now|invoice`)
	tags   = regexp.MustCompile(`(?s)<style>.*?</style>|<!--.*?-->|<[^>]*>`)
)

// TestEveryLetterKeepsTheRulesOfTone is design section 8: it must not look like domain slamming, and must say what an owner needs.
func TestEveryLetterKeepsTheRulesOfTone(t *testing.T) {
	for name, g := range goldenLetters(t) {
		got := render(t, &g.l, g.now)
		visible := html.UnescapeString(tags.ReplaceAllString(got.HTML, " "))
		for part, text := range map[string]string{"subject": got.Subject, "text": got.Text, "html": visible} {
			if m := urgent.FindString(text); m != "" {
				t.Errorf("%s: the %s says %q", name, part, m)
			}
			if m := prices.FindString(text); m != "" {
				t.Errorf("%s: the %s speaks of money: %q", name, part, m)
			}
		}
		for part, text := range map[string]string{"text": got.Text, "html": got.HTML} {
			for _, link := range links.FindAllString(text, -1) {
				if link != ownPage {
					t.Errorf("%s: the %s links to %s; the own page is the only link", name, part, link)
				}
			}
			if n := strings.Count(text, ownPage); n != 1 {
				t.Errorf("%s: the %s links to the own page %d times, want once", name, part, n)
			}
		}
		for part, text := range map[string]string{"text": strings.Join(strings.Fields(got.Text), " "), "html": strings.Join(strings.Fields(visible), " ")} {
			for _, want := range []string{"(555) 010-4640", "DW-000123", "tidewater.example/support", "Tidewater Marketing", "no password, no payment", "counted from"} {
				if want == "counted from" && (name == "attested") {
					want = "the day of this message"
				}
				if !strings.Contains(text, want) {
					t.Errorf("%s: the %s does not say %q", name, part, want)
				}
			}
			if !strings.Contains(text, "your responsibility") && !strings.Contains(text, "decision is yours") && name != "pending-delete" {
				t.Errorf("%s: the %s does not say whose responsibility it is", name, part)
			}
		}
		for line := range strings.Lines(got.Text) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 78 {
				t.Errorf("%s: a text line has %d characters: %s", name, n, line)
			}
		}
	}
}

func TestDatesAreTheReadersCalendarDays(t *testing.T) {
	exp := time.Date(2026, 11, 28, 3, 30, 0, 0, time.UTC) // the 27th in California, the 28th in Berlin
	now := at(t, "2026-11-20 23:00")                      // the 21st in Berlin
	for _, c := range []struct{ why, zone, title, distance, day string }{
		{"the agency's zone when nobody names another", "", "Friday 27 November 2026", "in 7 days counted from Friday 20 November 2026", "20261127"},
		{"east of it the date is the day after", "Europe/Berlin", "Saturday 28 November 2026", "in 7 days counted from Saturday 21 November 2026", "20261128"},
		{"a zone that does not exist is passed over", "Mars/Olympus", "Friday 27 November 2026", "in 7 days", "20261127"},
		{"the machine's own zone is nobody's choice", "Local", "Friday 27 November 2026", "in 7 days", "20261127"},
	} {
		l := letter(exp, now, models.StageD7)
		l.Contact.TimeZone = c.zone
		got := render(t, &l, now)
		text := strings.Join(strings.Fields(got.Text), " ")
		if !strings.Contains(text, "expires on "+c.title) || !strings.Contains(text, c.distance) {
			t.Errorf("%s: want %s, %s in:\n%s", c.why, c.title, c.distance, got.Text)
		}
		if !strings.Contains(string(got.ICS), "DTSTART;VALUE=DATE:"+c.day) {
			t.Errorf("%s: the calendar file has another day:\n%s", c.why, got.ICS)
		}
	}
}

func TestOutsideTextStaysText(t *testing.T) {
	now := at(t, "2026-11-20 09:00")
	l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
	evil := "Evil\r\nBcc: victim@mailhost.example\x00\x1b[31m <script>alert(1)</script>\u202e\u2028{{.Agency}}"
	l.Contact.Name, l.Client.Name = evil, evil
	d := &l.Items[0].Domain
	d.Registrar, d.Name, d.Suffix, d.AttestedBy, d.ExpirySource = evil, evil, evil, evil, models.ExpiryAttested
	l.Items[0].Records = []models.ExpectedRecord{{Purpose: evil}}
	l.Copies = []models.Contact{{Name: evil}}
	got := render(t, &l, now)
	if strings.ContainsAny(got.Subject, "\r\n\x00\x1b\u202e\u2028") || len([]rune(got.Subject)) > 150 {
		t.Errorf("the subject is not one clean line: %q", got.Subject)
	}
	if strings.ContainsAny(got.Text, "\r\x00\x1b\u202e\u2028") || strings.ContainsAny(got.HTML, "\r\x00\x1b\u202e\u2028") {
		t.Error("control characters reached the message")
	}
	for line := range strings.Lines(got.Text) {
		if strings.HasPrefix(line, "Bcc:") {
			t.Errorf("outside text began a line of its own: %q", line)
		}
	}
	if strings.Contains(got.HTML, "<script") || !strings.Contains(got.HTML, "&lt;script&gt;") {
		t.Error("outside text reached the HTML part as markup")
	}
	if strings.Contains(string(got.ICS), "\nBcc:") {
		t.Errorf("outside text began a line of the calendar file:\n%s", got.ICS)
	}
}

func TestCalendarFile(t *testing.T) {
	for name, g := range goldenLetters(t) {
		got := render(t, &g.l, g.now)
		want, days := map[string]int{"several": 2, "pending-delete": 0}, 1
		if n, ok := want[name]; ok {
			days = n
		}
		if days == 0 {
			if len(got.ICS) != 0 {
				t.Errorf("%s: a calendar file although no date lies ahead:\n%s", name, got.ICS)
			}
			continue
		}
		if s := string(got.ICS); strings.Count(s, "\n") != strings.Count(s, "\r\n") {
			t.Errorf("%s: a line does not end by CRLF (RFC 5545 section 3.1)", name)
		}
		cal, err := ical.ParseCalendar(strings.NewReader(string(got.ICS)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(cal.Events()); n != days {
			t.Errorf("%s: %d events, want %d", name, n, days)
		}
		for _, e := range cal.Events() {
			start, err := e.GetAllDayStartAt()
			if err != nil {
				t.Fatal(err)
			}
			if start.Before(models.DayOf(g.now, pacific(t)).AddDate(0, 0, -1)) {
				t.Errorf("%s: the event lies in the past: %s", name, start)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	now := at(t, "2026-11-20 09:00")
	l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
	l.Items[0].Domain.ExpiresAt = nil
	if _, err := renderer(t).Render(&l, ownPage, policy(t), now); err == nil {
		t.Error("a letter about a date that is not known was rendered")
	}
	l.Items = nil
	if _, err := renderer(t).Render(&l, ownPage, policy(t), now); err == nil {
		t.Error("an empty letter was rendered")
	}
	for why, change := range map[string]func(*notify.Agency){
		"no name":            func(a *notify.Agency) { a.Name = " " },
		"no phone":           func(a *notify.Agency) { a.Phone = "" },
		"a name for address": func(a *notify.Agency) { a.FromAddress = "Domains <domains@tidewater.example>" },
		"two lines":          func(a *notify.Agency) { a.FromAddress = "domains@tidewater.example\r\nBcc: x@y.example" },
		"no base address":    func(a *notify.Agency) { a.BaseURL = "watch.tidewater.example" },
		"a script address":   func(a *notify.Agency) { a.BaseURL = "javascript:alert(1)" },
		"a bad reply-to":     func(a *notify.Agency) { a.ReplyTo = "nobody" },
	} {
		a := agency()
		change(&a)
		if _, err := notify.NewRenderer(a, notify.Words{}); err == nil {
			t.Errorf("an agency with %s was accepted", why)
		}
	}
}
