package notify_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

var (
	links    = regexp.MustCompile(`(?i)\b(?:https?|ftp|mailto|tel):[^\s"<>]+|\bwww\.[^\s"<>]+`)
	anchors  = regexp.MustCompile(`(?i)<a\b`)
	hiddenIn = regexp.MustCompile(`(?s)<head>.*?</head>|<!--.*?-->|<div style="display:none.*?</div>`)
	tagIn    = regexp.MustCompile(`<[^>]*>`)
)

// checklist is what every letter must say and must not say, in each language, by the words of the issue and not by those of the program.
var checklist = map[string]struct {
	responsibility, noPassword, noLink string
	consequence                        *regexp.Regexp
	weekday                            *regexp.Regexp
	urgent, money                      *regexp.Regexp
}{
	"en": {
		responsibility: `your responsibility|decision is yours|is your decision`, noPassword: "We never ask for your password, a code or a payment", noLink: "we do not link to your registrar's sign-in page",
		consequence: regexp.MustCompile(`WHAT HAPPENS (IF|NOW|WHILE|WITHOUT)|WHAT DOES NOT WORK UNTIL THEN`),
		weekday:     regexp.MustCompile(`(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) \d{4}`),
		urgent:      regexp.MustCompile(`(?i)\b(urgent\w*|immediately|hurry|act now|final notice|last (warning|chance)|asap|suspend\w*|avoid losing|deadline)\b`),
		money:       regexp.MustCompile(`(?i)\p{Sc}|\bUSD\b|pay (now|here|us)|invoice|click here|bank transfer`),
	},
	"es": {
		responsibility: `su responsabilidad|decisión es suya|es decisión suya`, noPassword: "Nunca le pedimos su contraseña, un código ni un pago", noLink: "no ponemos enlaces a la página de acceso de su registrador",
		consequence: regexp.MustCompile(`QUÉ PASA (SI|AHORA|MIENTRAS|SIN)|QUÉ NO FUNCIONA HASTA ENTONCES`),
		weekday:     regexp.MustCompile(`(lunes|martes|miércoles|jueves|viernes|sábado|domingo) \d{1,2} de (enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre) de \d{4}`),
		urgent:      regexp.MustCompile(`(?i)\b(urgente\w*|de inmediato|inmediatamente|cuanto antes|apres[uú]re\w*|último aviso|última (oportunidad|advertencia)|suspendid\w+|ya mismo)\b`),
		money:       regexp.MustCompile(`(?i)\p{Sc}|\bUSD\b|pague (ahora|aquí)|haga clic|transferencia bancaria`),
	},
}

// exceptions are the rules that a kind of letter has no reason to keep, with the reason.
var exceptions = []struct {
	rule   string
	stages []models.Stage
	why    string
}{
	{"steps", []models.Stage{models.StageRenewed, models.StageRetraction}, "nothing is to be done"},
	{"consequence", []models.Stage{models.StageRenewed, models.StageRetraction}, "nothing happens"},
	{"registrar", []models.Stage{models.StageAccessRequest, models.StageAccessReview}, "an access is given at a platform, which is named instead"},
}

func excepted(rule string, stage models.Stage) bool {
	for _, e := range exceptions {
		if e.rule == rule && slices.Contains(e.stages, stage) {
			return true
		}
	}
	return false
}

// TestEveryLetterKeepsTheChecklist is design section 8: a letter must not look like domain slamming, and must say what an owner needs.
func TestEveryLetterKeepsTheChecklist(t *testing.T) {
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		rules := checklist[w.Language]
		text := strings.Join(strings.Fields(w.Text), " ")
		say := func(rule, want string) {
			t.Helper()
			if !excepted(rule, w.Stage) && !regexp.MustCompile(want).MatchString(text) {
				t.Errorf("%s: it does not say %q:\n%s", rule, want, w.Text)
			}
		}
		say("responsibility", rules.responsibility)
		say("how to verify", regexp.QuoteMeta("(555) 010-4640"))
		say("how to verify", regexp.QuoteMeta("tidewater.example/support"))
		say("how to verify", regexp.QuoteMeta(rules.noPassword))
		say("how to verify", regexp.QuoteMeta(rules.noLink))
		say("reference", "DW-000123")
		say("agency", "Tidewater Marketing")
		say("date", rules.weekday.String())
		say("registrar", registrarOf(&w))
		if g := w.Letter.Items[0].Grant; g != nil {
			say("platform", "Google Ads")
		}
		for _, n := range []string{"1", "2", "3"} {
			say("steps", " "+n+`\. `)
		}
		if !excepted("consequence", w.Stage) && !rules.consequence.MatchString(w.Text) {
			t.Errorf("it does not say what happens if nothing is done:\n%s", w.Text)
		}
		visible := html.UnescapeString(tagIn.ReplaceAllString(hiddenIn.ReplaceAllString(w.HTML, " "), " "))
		for part, said := range map[string]string{"subject": w.Subject, "text": w.Text, "HTML": visible} {
			checkTone(t, part, said, rules.urgent, rules.money)
		}
		checkLinks(t, &w)
	})
}

// registrarOf gives what names the registrar in a letter: its name, or the words for one that the registry does not publish.
func registrarOf(w *worded) string {
	if name := w.Letter.Items[0].Domain.Registrar; name != "" {
		return regexp.QuoteMeta(name)
	}
	return map[string]string{"en": "Not published by the registry", "es": "El registro no lo publica"}[w.Language]
}

func checkTone(t *testing.T, part, said string, urgent, money *regexp.Regexp) {
	t.Helper()
	for rule, m := range map[string]string{"hurries": urgent.FindString(said), "speaks of money": money.FindString(said)} {
		if m != "" {
			t.Errorf("the %s %s: %q", part, rule, m)
		}
	}
	if strings.ContainsAny(said, "!¡") {
		t.Errorf("the %s has an exclamation mark", part)
	}
	for _, r := range said {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("the %s has the control character %U", part, r)
		}
	}
}

func checkLinks(t *testing.T, w *worded) {
	t.Helper()
	for part, said := range map[string]string{"text": w.Text, "HTML": w.HTML, "calendar file": string(w.ICS)} {
		for _, link := range links.FindAllString(said, -1) {
			if link != ownPage {
				t.Errorf("the %s links to %s; the own page is the only link", part, link)
			}
		}
	}
	if n := strings.Count(w.Text, ownPage); n != 1 {
		t.Errorf("the text has the own page %d times, want once", n)
	}
	if n := len(anchors.FindAllString(w.HTML, -1)); n != 1 {
		t.Errorf("the HTML part has %d links, want one", n)
	}
	for _, bad := range []string{"<img", "<script", "<form", "<link", "<iframe", "url(", "@import", " src="} {
		if strings.Contains(strings.ToLower(w.HTML), bad) {
			t.Errorf("the HTML part has %q: it loads, runs or asks for nothing", bad)
		}
	}
}

// TestPartsSayTheSame compares the words of both parts one by one. What belongs to one part alone is taken out by name: the letterhead, the
// button and its note in the HTML part, and the title, which stands before the greeting there and after it in the text; the address with its note, the numbers of steps and the underlining in the text part.
func TestPartsSayTheSame(t *testing.T) {
	letterhead := regexp.MustCompile(`(?s)<tr><td class="px tx ln".*?</tr>`)
	button := regexp.MustCompile(`(?s)<table [^>]*><tr><td class="b".*?</p>`)
	number := regexp.MustCompile(`(?s)<td class="n"[^>]*>\d+</td>`)
	address := regexp.MustCompile(`(?m)^ +https://watch\.tidewater\.example/c/\S+\n +[^\n]+\n(?: +[^\n]+\n)?`)
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		title := regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`).FindStringSubmatch(w.HTML)
		if title == nil {
			t.Fatal("the HTML part has no title")
		}
		page := hiddenIn.ReplaceAllString(w.HTML, " ")
		for _, part := range []*regexp.Regexp{letterhead, button, number} {
			if !part.MatchString(page) && (part != number || !excepted("steps", w.Stage)) {
				t.Fatalf("the HTML part has nothing that is %s", part)
			}
			page = part.ReplaceAllString(page, " ")
		}
		text := address.ReplaceAllString(w.Text, "\n")
		if text == w.Text {
			t.Fatal("the text part has no address")
		}
		text = regexp.MustCompile(`(?m)^(--|-+|=+)$|^\d\. |^- `).ReplaceAllString(text, "")
		got, want := wordsOf(html.UnescapeString(tagIn.ReplaceAllString(strings.Replace(page, title[0], " ", 1), " "))), wordsOf(text)
		want = without(t, want, wordsOf(html.UnescapeString(title[1])))
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("from word %d on the HTML part says %q and the text part %q", i, clip(got, i), clip(want, i))
			}
		}
	})
}

// without takes the first run of some words out of others.
func without(t *testing.T, words, run []string) []string {
	t.Helper()
	for i := range words {
		if i+len(run) <= len(words) && slices.Equal(words[i:i+len(run)], run) {
			return slices.Delete(slices.Clone(words), i, i+len(run))
		}
	}
	t.Fatalf("the text part lacks %q", strings.Join(run, " "))
	return nil
}

// wordsOf gives a text's words in lower case, without the punctuation around them.
func wordsOf(s string) []string {
	var words []string
	for w := range strings.FieldsSeq(strings.ToLower(s)) {
		if w = strings.TrimFunc(w, func(r rune) bool { return unicode.IsPunct(r) && r != '@' }); w != "" {
			words = append(words, w)
		}
	}
	return words
}

func clip(words []string, from int) string {
	if from >= len(words) {
		return "nothing"
	}
	return strings.Join(words[from:min(len(words), from+8)], " ")
}

// TestLinesOfTheTextAreShort lets a line be longer only where one word of it is.
func TestLinesOfTheTextAreShort(t *testing.T) {
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		for line := range strings.Lines(w.Text) {
			words := slices.SortedFunc(strings.FieldsSeq(line), func(a, b string) int { return len(b) - len(a) })
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 74 && len(words[0]) < 50 {
				t.Errorf("a text line has %d characters: %s", n, line)
			}
		}
	})
}

// TestLettersStayShort holds the size with a portfolio of 500 names, also when all are as long as names can be: a mail program cuts what is longer.
func TestLettersStayShort(t *testing.T) {
	const most = 100_000 * 3 / 4 // of 100 KB, before the parts are encoded
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 50)
	r, p := renderer(t), policy(t)
	for _, lang := range languages {
		for _, c := range []struct {
			why    string
			name   func(i int) string
			stages []models.Stage
		}{
			{"short names of one kind", func(i int) string { return "pool-" + string(rune('a'+i%26)) + strings.Repeat("x", i%7) }, []models.Stage{models.StageD30}},
			{"names as long as they can be", func(int) string { return long }, []models.Stage{models.StageD30, models.StageHold, models.StageTransfer}},
			{"of every kind", func(i int) string { return "pool-" + strings.Repeat("y", 1+i%20) }, everyStage()},
		} {
			now := at(t, "2026-10-29 09:00")
			l := letter(at(t, "2026-11-28 06:00"), now, models.StageD30)
			l.Contact.Language, l.Items = lang, nil
			for i := range 500 {
				item := letter(at(t, "2026-11-28 06:00"), now, c.stages[i%len(c.stages)]).Items[0]
				item.Domain.ID, item.Domain.Name = int64(i+1), c.name(i)+".example"
				l.Items = append(l.Items, item)
			}
			got, err := r.Render(&l, ownPage, p, now)
			if err != nil {
				t.Fatalf("%s, %s: %v", lang, c.why, err)
			}
			if got.Size() > most {
				t.Errorf("%s, %s: %d bytes, want at most %d", lang, c.why, got.Size(), most)
			}
			if !strings.Contains(got.Subject, "500") {
				t.Errorf("%s, %s: the subject does not count: %s", lang, c.why, got.Subject)
			}
		}
	}
}

func everyStage() []models.Stage {
	var stages []models.Stage
	for _, s := range notify.Samples() {
		if s.Stage.MailKind() == models.MailNotice && !slices.Contains(stages, s.Stage) {
			stages = append(stages, s.Stage)
		}
	}
	return stages
}

// TestTheShippedTextsAreWhole: what a start checks of texts of the agency's own holds for ours.
func TestTheShippedTextsAreWhole(t *testing.T) {
	if err := notify.CheckShipped(); err != nil {
		t.Error(err)
	}
}
