package notify_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

var update = flag.Bool("update", false, "write the golden files anew")

// languages are those that come with the program.
var languages = []string{"en", "es"}

// advice stands for the rules that say how a record is put right: every part that a letter can show.
func advice(c models.RepairCase) (models.Repair, bool) {
	r := models.Repair{
		State: c.Record.State, Action: models.RepairCreate, Side: models.SideClient, DNSHost: "Cloudflare", Where: "the domain > DNS > Records",
		Zone: c.Domain, Notes: []string{"Set “Proxy status: DNS only” for this record."},
	}
	relative := strings.TrimSuffix(c.Record.Host, "."+c.Domain)
	if c.Record.State == models.RecordWrong {
		r.Action = models.RepairReplace
		r.Remove = []models.RepairEntry{{Type: "CNAME", Fields: []models.RepairField{{Label: "Name", Value: relative, Hint: "in full: " + c.Record.Host}, {Label: "Target", Value: "dkim.former.example"}}}}
	}
	r.Enter = []models.RepairEntry{{Type: c.Record.Type, Fields: []models.RepairField{
		{Label: "Type", Value: c.Record.Type},
		{Label: "Name", Value: relative, Hint: "in full: " + c.Record.Host},
		{Label: "Target", Value: c.Record.Values[0]},
		{Label: "TTL", Hint: "leave as it is"},
	}}}
	return r, true
}

func renderer(tb testing.TB) *notify.Renderer {
	tb.Helper()
	r, err := notify.NewRenderer(agency(), notify.Words{Repair: advice})
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

// worded is a sample in one language.
type worded struct {
	notify.Sample
	notify.Rendering
}

// eachSample words every sample in every language.
func eachSample(t *testing.T, do func(t *testing.T, w worded)) {
	t.Helper()
	r, p := renderer(t), policy(t)
	for _, lang := range languages {
		for _, s := range notify.Samples() {
			t.Run(lang+"/"+s.Name, func(t *testing.T) {
				s.Letter.Contact.Language = lang
				got, err := r.Render(&s.Letter, ownPage, p, s.Now)
				if err != nil {
					t.Fatal(err)
				}
				if got.Language != lang {
					t.Fatalf("worded in %s", got.Language)
				}
				do(t, worded{s, got})
			})
		}
	}
}

func TestLettersReadAsTheGoldenFilesSay(t *testing.T) {
	written := map[string]bool{}
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		for end, text := range map[string]string{".txt": "Subject: " + w.Subject + "\n\n" + w.Text, ".html": w.HTML, ".ics": string(w.ICS)} {
			if text != "" {
				name := filepath.Join(w.Language, w.Name+end)
				golden(t, name, text)
				written[filepath.Join("testdata", name)] = true
			}
		}
	})
	for _, lang := range languages {
		files, err := filepath.Glob(filepath.Join("testdata", lang, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !written[f] {
				t.Errorf("%s belongs to no letter: remove it", f)
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
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

// TestEveryStageHasASample holds that no stage can go out whose letter nobody looked at.
func TestEveryStageHasASample(t *testing.T) {
	var have []models.Stage
	for _, s := range notify.Samples() {
		have = append(have, s.Stage)
	}
	want := []models.Stage{
		models.StageRedemption, models.StagePendingDelete, models.StageHold, models.StageTransfer, models.StageAttest, models.StageRenewed,
		models.StageRetraction, models.StageRecords, models.StageAccessRequest, models.StageAccessReview,
	}
	for _, r := range notify.DefaultLadder() {
		if !r.Ops {
			want = append(want, r.Stage)
		}
	}
	for _, stage := range want {
		if !slices.Contains(have, stage) {
			t.Errorf("%s has no sample", stage)
		}
	}
}

// TestEveryTextIsReached holds that no text is dead, and that each file of texts is about a kind that letters have.
func TestEveryTextIsReached(t *testing.T) {
	for _, lang := range languages {
		for _, name := range notify.DeadTexts(lang, advice) {
			t.Errorf("no sample in %s reaches the text %q: remove it, or add a sample", lang, name)
		}
	}
}

func TestLanguageIsChosenAsAWhole(t *testing.T) {
	now := at(t, "2026-11-20 09:00")
	for _, c := range []struct{ why, contact, client, agency, want string }{
		{"the contact's own wins", "es", "en", "en", "es"},
		{"then the client's", "", "es", "en", "es"},
		{"then the agency's", "", "", "es", "es"},
		{"nobody says: English", "", "", "", "en"},
		{"a region counts by its language", "es-MX", "", "", "es"},
		{"written with an underscore and in capitals", "ES_419", "", "", "es"},
		{"a language that is not there falls back to the next, not to a mixture", "pt-BR", "es", "en", "es"},
		{"none of them is there", "pt", "fr", "de", "en"},
		{"nonsense", "../en", "x\x00", "", "en"},
	} {
		a := agency()
		a.Language = c.agency
		r, err := notify.NewRenderer(a, notify.Words{})
		if err != nil {
			t.Fatal(err)
		}
		l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
		l.Contact.Language, l.Client.Language = c.contact, c.client
		got, err := r.Render(&l, ownPage, policy(t), now)
		if err != nil {
			t.Fatal(err)
		}
		if got.Language != c.want {
			t.Errorf("%s: worded in %s, want %s", c.why, got.Language, c.want)
		}
	}
}

// TestSpanishIsNotMixed looks for English in Spanish letters: words of the shared texts, of dates and of tables.
func TestSpanishIsNotMixed(t *testing.T) {
	english := []string{
		" the ", " you ", " your ", " and ", " is ", " of ", " to ", " not ", "monday", "friday", "november", "pacific", "leave as it is", "in full", "proxy status",
		"newsletter", "type:", "name:", "target:", "domain name", " at ",
	}
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		if w.Language != "es" {
			return
		}
		text := strings.ToLower(strings.Join(strings.Fields(w.Subject+" "+w.Text), " "))
		for _, quoted := range []string{"access and security", "tidewater manager account", "booking desk", "google ads", "website development"} {
			text = strings.ReplaceAll(text, quoted, "") // names and menus as they are called
		}
		for _, word := range english {
			if strings.Contains(text, word) {
				i := strings.Index(text, word)
				t.Errorf("it says %q: …%s…", word, text[max(0, i-40):min(len(text), i+40)])
			}
		}
	})
}

func TestSpanishDatesAndPlurals(t *testing.T) {
	exp := at(t, "2026-11-28 06:00")
	for _, c := range []struct{ why, now, want string }{
		{"several days ahead", "2026-11-20 09:00", "sábado 28 de noviembre de 2026; faltan 8 días, contados desde el viernes 20 de noviembre de 2026"},
		{"one day ahead", "2026-11-27 09:00", "falta 1 día, contado desde el viernes 27 de noviembre de 2026"},
		{"the day itself", "2026-11-28 09:00", "sábado 28 de noviembre de 2026; el mismo día de este mensaje"},
		{"one day after", "2026-11-29 09:00", "hace 1 día, contado desde el domingo 29 de noviembre de 2026"},
		{"several days after", "2026-12-02 09:00", "hace 4 días, contados desde el miércoles 2 de diciembre de 2026"},
	} {
		l := letter(exp, at(t, c.now), models.StageD7)
		l.Contact.Language = "es"
		got := strings.Join(strings.Fields(render(t, &l, at(t, c.now)).Text), " ")
		for _, want := range []string{c.want, "de lunes a viernes, de 9:00 a 17:00, hora del Pacífico"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: want %q in:\n%s", c.why, want, got)
			}
		}
	}
}
