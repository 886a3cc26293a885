package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// outlookStore is a database with one name that expires in ten days, and its settings.
func outlookStore(t *testing.T, more string) (config string, expires time.Time) {
	t.Helper()
	config = settings(t, more)
	if code, _, stderr := command(t, []byte("domain,client,owner_name,owner_email\njuniper.example,Juniper Row Bakery,Ada Juniper,ada@mailhost.example\ndark.example,Juniper Row Bakery,,\n"), "--config", config, "import", "-"); code != exitFine {
		t.Fatalf("import: exit %d: %s", code, stderr)
	}
	cfg, err := configs.Load(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{DSN: cfg.Database.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w, err := st.WatchedByName(t.Context(), "juniper.example")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	d := w.Domain
	expires = now.AddDate(0, 0, 10)
	d.Lifecycle, d.LifecycleWhy, d.LifecycleSince, d.ExpiresAt, d.ExpirySource = models.LifecycleExpiring, models.WhyDate, &now, &expires, models.ExpiryRegistry
	d.SeenAt, d.CheckedAt, d.LookOutcome, d.Registrar, d.NextLookAt = &now, &now, models.OutcomeOK, "Harbor Names", now.AddDate(0, 0, 1)
	if err := st.RecordRegistration(t.Context(), models.RegistrationRecord{Domain: d, OpenCycle: &models.Cycle{ExpiresAt: expires, OpenedAt: now}}); err != nil {
		t.Fatal(err)
	}
	return config, expires
}

func forecastOf(t *testing.T, config string, args ...string) forecastDoc {
	t.Helper()
	code, out, stderr := command(t, nil, append([]string{"--config", config, "notices", "forecast", "--json"}, args...)...)
	var doc forecastDoc
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitFine {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	return doc
}

func TestForecastHoldAndRelease(t *testing.T) {
	config, _ := outlookStore(t, "")
	doc := forecastOf(t, config, "--days", "30", "--text")
	var ahead *letterDoc
	for i := range doc.Letters {
		if l := &doc.Letters[i]; l.Notices[0].Stage == "d7" {
			ahead = l
		}
	}
	if doc.Days != 30 || doc.MailServer || doc.Brake != nil || len(doc.Unknown) != 1 || doc.Unknown[0].Domain != "dark.example" || ahead == nil || ahead.State != "goes" ||
		ahead.Text == nil || !strings.Contains(*ahead.Text, "juniper.example") || ahead.Notices[0].ID != nil {
		t.Fatalf("forecast: %+v", doc)
	}
	code, _, stderr := command(t, nil, "--config", config, "notices", "hold", "--contact", "1", "--day", ahead.Day, "--domain", "juniper.example", "--stage", "d7", "--by", "dana@agency.example")
	if code != exitFine {
		t.Fatalf("hold: exit %d: %s", code, stderr)
	}
	var held *foreseenDoc
	for _, l := range forecastOf(t, config, "--client", "Juniper Row Bakery").Letters {
		if l.Day == ahead.Day && l.State == "held" {
			held = &l.Notices[0]
		}
	}
	if held == nil || held.ID == nil || !held.Held {
		t.Fatalf("nothing is held: %+v", held)
	}
	for why, c := range map[string]struct {
		code int
		args []string
	}{
		"nothing named":        {exitUsage, []string{"hold"}},
		"a notice or a client": {exitUsage, []string{"hold", "1", "--client", "Juniper Row Bakery", "--why", "x"}},
		"a list of none":       {exitUsage, []string{"list", "--limit", "0"}},
		"no reason":            {exitUsage, []string{"hold", "--client", "Juniper Row Bakery"}},
		"a client":             {exitFine, []string{"hold", "--client", "Juniper Row Bakery", "--why", "asked us to wait"}},
		"no such client":       {exitUsage, []string{"hold", "--client", "Nobody", "--why", "x"}},
		"no such notice":       {exitUsage, []string{"release", "99"}},
		"both":                 {exitUsage, []string{"release", "1", "--client", "x"}},
		"too many days":        {exitUsage, []string{"forecast", "--days", "400"}},
		"test, no server":      {exitUsage, []string{"send-test", "--contact", "1", "--day", ahead.Day, "--to", "me@agency.example"}},
		"test, no address":     {exitUsage, []string{"send-test", "--contact", "1", "--day", ahead.Day, "--to", "nobody"}},
		"test, nothing named":  {exitUsage, []string{"send-test", "--to", "me@agency.example"}},
	} {
		if code, _, stderr := command(t, nil, append([]string{"--config", config, "notices"}, c.args...)...); code != c.code {
			t.Errorf("%s: exit %d, want %d: %s", why, code, c.code, stderr)
		}
	}
	if l := forecastOf(t, config).Letters; len(l) == 0 || l[0].State != "client_held" && l[0].State != "held" {
		t.Errorf("a held client: %+v", l)
	}
	if code, _, stderr := command(t, nil, "--config", config, "notices", "release", "--client", "Juniper Row Bakery"); code != exitFine {
		t.Errorf("release: exit %d: %s", code, stderr)
	}
	if code, _, _ := command(t, nil, "--config", config, "notices", "release", "--client", "Juniper Row Bakery"); code != exitProblems {
		t.Errorf("released twice: exit %d", code)
	}
	code, out, _ := command(t, nil, "--config", config, "notices", "forecast")
	if code != exitFine || !strings.Contains(out, "no mail server is set up") || !strings.Contains(out, "juniper.example d7 (held)") || !strings.Contains(out, "dark.example") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

func TestSendTestThroughARealServer(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.World{}, lab.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	config, _ := outlookStore(t, "smtp: {address: "+l.Endpoints().SMTPAddr+", tls: none}\nbase_url: http://127.0.0.1:9\nagency: {name: Tidewater Marketing, from_name: Tidewater, from_address: domains@tidewater.lab, phone: \"(555) 010-4640\", support_url: \"https://tidewater.lab/support/\"}\n")
	doc := forecastOf(t, config)
	if !doc.MailServer || len(doc.Letters) == 0 {
		t.Fatalf("forecast: %+v", doc)
	}
	code, out, stderr := command(t, nil, "--config", config, "notices", "send-test", "--contact", "1", "--day", doc.Letters[0].Day, "--to", "dana@tidewater.lab", "--json")
	var said testDoc
	if err := json.Unmarshal([]byte(out), &said); err != nil || code != exitFine || said.Outcome != "sent" {
		t.Fatalf("exit %d %v: %s %s", code, err, out, stderr)
	}
	mails := l.Mails()
	if len(mails) != 1 || mails[0].To[0] != "dana@tidewater.lab" || !strings.Contains(string(mails[0].Raw), "Subject: [Test] ") {
		t.Errorf("mails: %+v", mails)
	}
	code, _, stderr = command(t, nil, "--config", config, "notices", "send-test", "--contact", "1", "--day", doc.Letters[0].Day, "--to", strings.ToUpper(doc.Letters[0].Recipient))
	if code != exitUsage || !strings.Contains(stderr, "contact of a client") || len(l.Mails()) != 1 {
		t.Errorf("a test to a client: exit %d, %s, %d mails", code, stderr, len(l.Mails()))
	}
	if after := forecastOf(t, config); len(after.Letters) != len(doc.Letters) {
		t.Errorf("a test changed what goes out: %d, then %d", len(doc.Letters), len(after.Letters))
	}
}
