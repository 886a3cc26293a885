package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

const ownPage = "https://watch.tidewater.example/c/AQIDBAUGBwgJCgsMDQ4PEBESExQV"

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

// TestWhoStatedADate is what a client reads of a date that staff wrote down or a file brought: neither a colleague's address nor our own words
// for it.
func TestWhoStatedADate(t *testing.T) {
	r, err := notify.NewRenderer(agency(), notify.Words{})
	if err != nil {
		t.Fatal(err)
	}
	samples := notify.Samples()
	s := samples[slices.IndexFunc(samples, func(s notify.Sample) bool { return s.Name == "d0-attested" })]
	for by, want := range map[string]string{
		"Luis Ferreira": "Luis Ferreira stated",
		"Luis Ferreira (recorded by dana@agency.example)": "Luis Ferreira stated",
		"import":          agency().Name + " stated",
		models.ErasedWord: agency().Name + " stated",
		"":                agency().Name + " stated",
	} {
		l := s.Letter
		l.Items = slices.Clone(l.Items)
		l.Items[0].Domain.AttestedBy = by
		got, err := r.Render(&l, ownPage, policy(t), s.Now)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(got.Text), " ")
		if !strings.Contains(text, want) || strings.Contains(text, "dana@") || strings.Contains(text, "import stated") {
			t.Errorf("%q: %s", by, text)
		}
	}
}
