package notify_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

func withFiles(files map[string]string) notify.Words {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return notify.Words{Repair: advice, Folder: folder, Shown: "own"}
}

func TestOwnTextsReplaceTheShippedOnes(t *testing.T) {
	now := at(t, "2026-11-20 09:00")
	r, err := notify.NewRenderer(agency(), withFiles(map[string]string{
		"en/soon.tmpl":   "{{/* ours */}}\n{{define \"soon.subject\"}}A word about {{.Name}}, which expires on {{.DayMonth}}{{end}}\n{{define \"soon.button\"}}Answer us{{end}}\n",
		"es/common.tmpl": "{{define \"tagline\"}}Sus dominios{{end}}",
		"en/words.json":  `{"zones": {"America/Los_Angeles": "West Coast"}}`,
		".git/config":    "not ours",
	}))
	if err != nil {
		t.Fatal(err)
	}
	l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
	got, err := r.Render(&l, ownPage, policy(t), now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "A word about pools.example, which expires on 28 November" || !strings.Contains(got.HTML, "Answer us") || !strings.Contains(got.Text, "08:55 West Coast") {
		t.Errorf("the own texts are not used:\n%s\n%s", got.Subject, got.Text)
	}
	if !strings.Contains(got.Text, "The name is yours, and renewing it is your responsibility.") {
		t.Errorf("what is not replaced is not the shipped text:\n%s", got.Text)
	}
	if plain := render(t, &l, now); strings.Contains(plain.Subject, "A word about") {
		t.Error("the own text changed the shipped one for everybody")
	}
}

func TestOwnTextsAreEscaped(t *testing.T) {
	now := at(t, "2026-11-20 09:00")
	r, err := notify.NewRenderer(agency(), withFiles(map[string]string{"en/soon.tmpl": `{{define "soon.preheader"}}Renew <b>{{.Name}}</b> & "rest"{{end}}`}))
	if err != nil {
		t.Fatal(err)
	}
	l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
	got, err := r.Render(&l, ownPage, policy(t), now)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.HTML, "Renew &lt;b&gt;pools.example&lt;/b&gt; &amp; &#34;rest&#34;") {
		t.Error("markup in a text reached the HTML part as markup")
	}
}

func TestAnOwnLayoutIsChecked(t *testing.T) {
	layout := `<!doctype html><html><body><h1>{{.Title}}</h1></body></html>`
	_, err := notify.NewRenderer(agency(), withFiles(map[string]string{"layout.html.tmpl": layout}))
	if err == nil || !strings.Contains(err.Error(), "its HTML part lacks") {
		t.Errorf("a layout without the letter was accepted: %v", err)
	}
	_, err = notify.NewRenderer(agency(), withFiles(map[string]string{"layout.html.tmpl": "<p>{{.Title}\n{{end}}"}))
	if err == nil || !strings.Contains(err.Error(), "own/layout.html.tmpl:1") {
		t.Errorf("a broken layout is not named with its line: %v", err)
	}
	_, err = notify.NewRenderer(agency(), withFiles(map[string]string{"layout.txt.tmpl": "{{.Titel}}"}))
	if err == nil || !strings.Contains(err.Error(), "Titel") {
		t.Errorf("a field that does not exist was accepted in a layout: %v", err)
	}
}

// TestBadOwnTextsAreRefused holds that each mistake is found when the program starts, and is named with its file and line.
func TestBadOwnTextsAreRefused(t *testing.T) {
	define := func(name, text string) string { return "\n{{define \"" + name + "\"}}" + text + "{{end}}\n" }
	for _, c := range []struct {
		why, file, text string
		want            []string
	}{
		{"a template that does not parse", "en/soon.tmpl", "\n\n{{define \"soon.subject\"}}{{if}}{{end}}", []string{"own/en/soon.tmpl:3"}},
		{"a field that does not exist", "en/soon.tmpl", define("soon.subject", "{{.Domain}} expires"), []string{"own/en/soon.tmpl:2", ".Domain"}},
		{"in a branch that no letter takes", "en/soon.tmpl", define("soon.subject", `{{.Name}}{{if eq .Reason "never"}}{{.Nome}}{{end}}`), []string{"own/en/soon.tmpl:2", ".Nome"}},
		{"a field of a field", "es/soon.tmpl", define("soon.subject", "{{.Agency.Fone}}"), []string{"own/es/soon.tmpl:2", ".Fone"}},
		{"a text that nobody asks for", "en/soon.tmpl", define("soon.sbuject", "x"), []string{"own/en/soon.tmpl:2", `"soon.sbuject"`}},
		{"a call of a text that is not there", "en/soon.tmpl", define("soon.subject", `{{template "greting" .}}`), []string{"own/en/soon.tmpl:2", `"greting"`}},
		{"an empty text", "en/soon.tmpl", define("soon.subject", "  "), []string{"own/en/soon.tmpl:2", "empty"}},
		{"words outside of a text", "en/soon.tmpl", "Hello\n" + define("soon.subject", "x"), []string{"own/en/soon.tmpl", "outside"}},
		{"a function that gives what is not escaped", "en/soon.tmpl", define("soon.title", `{{printf "%s" .Name}}`), []string{"own/en/soon.tmpl:2", "printf"}},
		{"a loop", "en/soon.tmpl", define("soon.title", `{{range .Name}}x{{end}}`), []string{"own/en/soon.tmpl:2", "range"}},
		{"a method that is no word", "en/soon.tmpl", define("soon.title", `{{.Agency.Validate}}`), []string{"own/en/soon.tmpl:2", ".Validate"}},
		{"another type than the text takes", "en/soon.tmpl", define("soon.title", `{{if gt .Name 3}}x{{end}}`), []string{"soon.title", "own/en/soon.tmpl"}},
		{"a file that no language has", "en/sooner.tmpl", define("soon.title", "x"), []string{"own/en/sooner.tmpl", "no such file"}},
		{"a file beside the languages", "soon.tmpl", define("soon.title", "x"), []string{"own/soon.tmpl", "folder of their language"}},
		{"the rules", "en/rules.json", `{}`, []string{"own/en/rules.json", "can't be replaced"}},
		{"a word of dates that is not known", "en/words.json", "{\n\"weekday\": []}", []string{"own/en/words.json", "weekday"}},
		{"a date without its weekday", "en/words.json", `{"long": "{day} {month} {year}"}`, []string{"long", "{weekday}"}},
		{"a language that is not whole", "fr/soon.tmpl", define("soon.title", "x"), []string{"fr", "missing", "plan.subject"}},
		{"a link to a registrar", "en/soon.tmpl", define("soon.step1", "Sign in at https://registrar.example/login."), []string{"own/en/soon.tmpl:2", "https://registrar.example/login", "only link"}},
		{"an address without a scheme", "en/soon.tmpl", define("soon.step1", "Sign in at godaddy.com."), []string{"own/en/soon.tmpl:2", "godaddy.com"}},
		{"a link to pay, in Spanish", "es/soon.tmpl", define("soon.step2", "Pague ahora en https://pagos.example"), []string{"own/es/soon.tmpl:2", "pague ahora"}},
		{"an e-mail link", "en/common.tmpl", define("signature", "mailto:pay@elsewhere.example {{.Agency.Name}}, {{.Agency.Phone}}, {{.SupportShown}}"), []string{"own/en/common.tmpl:2", "mailto:"}},
		{"the own page a second time", "en/soon.tmpl", define("soon.step3", "Tell us at {{.URL}}"), []string{"own/en/soon.tmpl:2", "2 times"}},
		{"no responsibility", "en/common.tmpl", define("owner", "Please look after it."), []string{"own/en/common.tmpl:2", "whose responsibility"}},
		{"no reference number", "en/common.tmpl", define("genuine", "Call us on {{.Agency.Phone}}; see {{.SupportShown}}. We never ask for your password.") + define("footer", "Bye."), []string{"en/common.tmpl", "reference number"}},
		{"no telephone number", "en/common.tmpl", define("genuine", "We never ask for your password. {{.Reference}}") + define("signature", "{{.Agency.Name}}"), []string{"en/common.tmpl", "telephone"}},
		{"nothing of passwords", "en/common.tmpl", define("genuine", "Call us on {{.Agency.Phone}}, reference {{.Reference}}, see {{.SupportShown}}."), []string{"own/en/common.tmpl:2", "password"}},
		{"urgency", "en/soon.tmpl", define("soon.subject", "Urgent: {{.Name}} expires"), []string{"own/en/soon.tmpl:2", `"urgent"`}},
		{"urgency in Spanish", "es/soon.tmpl", define("soon.subject", "Último aviso: {{.Name}}"), []string{"own/es/soon.tmpl:2", "último aviso"}},
		{"shouting", "en/soon.tmpl", define("soon.subject", "{{.Name}} expires!"), []string{"own/en/soon.tmpl:2", "'!'"}},
		{"a price", "en/soon.tmpl", define("soon.step2", "Renew {{.Name}} for $12."), []string{"own/en/soon.tmpl:2", "'$'"}},
		{"a direction override", "en/soon.tmpl", define("soon.title", "{{.Name}}\u202e expires"), []string{"own/en/soon.tmpl:2", "U+202E"}},
		{"a text that is empty when it is said", "en/soon.tmpl", define("soon.step2", `{{if eq .Days 99}}x{{end}}`), []string{"own/en/soon.tmpl:2", "empty"}},
		{"no consequence", "en/soon.tmpl", define("soon.after", `{{if eq .Days 99}}x{{end}}`), []string{"own/en/soon.tmpl:2", "what happens"}},
	} {
		_, err := notify.NewRenderer(agency(), withFiles(map[string]string{c.file: c.text}))
		if err == nil {
			t.Errorf("%s: it was accepted", c.why)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error does not say %q: %v", c.why, want, err)
			}
		}
	}
}

// TestALanguageOfOnesOwn adds one that is not shipped: it must be whole, with rules of its own.
func TestALanguageOfOnesOwn(t *testing.T) {
	files := notify.ShippedFiles("en")
	own := map[string]string{}
	for name, text := range files {
		own["en-gb/"+name] = strings.ReplaceAll(text, "Is this message genuine?", "Is this message genuine, you ask?")
	}
	r, err := notify.NewRenderer(agency(), withFiles(own))
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "2026-11-20 09:00")
	l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
	l.Contact.Language = "en-GB"
	got, err := r.Render(&l, ownPage, policy(t), now)
	if err != nil || got.Language != "en-gb" || !strings.Contains(got.Text, "YOU ASK?") {
		t.Errorf("worded in %q: %v", got.Language, err)
	}
}
