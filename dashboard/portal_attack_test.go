package dashboard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	asked   = "harborlinedental.example"
	formKey = "form-answer-1-1"
)

// TestScannersChangeNothing follows every link of the client's pages by every method that a scanner uses, with headers that scanners send.
func TestScannersChangeNothing(t *testing.T) {
	s := clientSite(t)
	s.store.stops[1] = stopOf(true)
	queue := []string{
		"/c/link-1", "/c/link-1?said=renewed", "/c/link-1?ref=DW-000001", "/c/link-1/answer", "/c/link-1/withdraw", "/c/link-1/attest", "/u/stop-1", "/u/stop-1/again",
		"/c/link-1/answer?" + url.Values{"domain": {asked}, "answer": {"renewed"}, "form": {formKey}}.Encode(), "/u/stop-1?List-Unsubscribe=One-Click",
		"/c/link-1/confirm?domain=" + asked + "&answer=letting_go&confirmed=yes", "/c/link-1/attest?domain=" + asked + "&date=2027-05-05&form=" + formKey,
	}
	links := regexp.MustCompile(`(?:href|action|src)="(/[^"#]*)`)
	seen := map[string]bool{}
	for len(queue) > 0 && len(seen) < 200 {
		path := strings.ReplaceAll(queue[0], "&amp;", "&")
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			p := s.do(method, path, nil, http.Header{
				"Purpose": {"prefetch"}, "Sec-Purpose": {"prefetch;prerender"}, "X-HTTP-Method-Override": {"POST"}, "X-Method-Override": {"POST"},
				"User-Agent": {"Safelinks scanner"}, "Content-Type": {"application/x-www-form-urlencoded"},
			})
			if p.Status >= 500 {
				t.Errorf("%s %s: status %d", method, path, p.Status)
			}
			if strings.HasPrefix(path, "/c/") || strings.HasPrefix(path, "/u/") {
				for _, m := range links.FindAllStringSubmatch(p.Body, -1) {
					queue = append(queue, m[1])
				}
			}
		}
	}
	if len(seen) < 14 || len(s.store.written()) > 0 || len(s.answers.said) > 0 {
		t.Errorf("%d addresses were asked; wrote %v, said %v", len(seen), s.store.written(), s.answers.said)
	}
}

// TestTokensOfAnotherPurpose tries the token of one page at the other.
func TestTokensOfAnotherPurpose(t *testing.T) {
	s := clientSite(t)
	s.store.stops[1] = stopOf(true)
	for _, path := range []string{"/c/stop-1", "/u/link-1", "/c/stop-1/confirm?domain=" + asked} {
		s.get(path).want(t, http.StatusNotFound, "This link does not work")
	}
	for path, form := range map[string]url.Values{
		"/c/stop-1/answer": {"domain": {asked}, "answer": {"renewed"}, "form": {"form-unsubscribe-1-1"}},
		"/u/link-1":        {"List-Unsubscribe": {"One-Click"}},
		"/u/link-1/again":  {"form": {formKey}},
	} {
		s.do(http.MethodPost, path, form, nil).want(t, http.StatusNotFound, "This link does not work")
	}
	// The row behind a token is of another purpose than the token says.
	v := s.store.portals[1]
	v.Link.Purpose = models.LinkUnsubscribe
	s.store.portals[1] = v
	stop := s.store.stops[1]
	stop.Link.Purpose = models.LinkAnswer
	s.store.stops[1] = stop
	s.get("/c/link-1").want(t, http.StatusNotFound)
	s.post("/u/stop-1", url.Values{"List-Unsubscribe": {"One-Click"}}).want(t, http.StatusNotFound)
	if len(s.store.written()) > 0 || len(s.answers.said) > 0 {
		t.Errorf("wrote %v, said %v", s.store.written(), s.answers.said)
	}
}

func TestFormsCarryTheTokenOfTheirLink(t *testing.T) {
	s := clientSite(t)
	for _, form := range []string{"", "form-answer-2-2", "form-answer-1-2", "form-unsubscribe-1-1", formKey + "x", strings.Repeat("A", 9000)} {
		for path, v := range map[string]url.Values{
			"/c/link-1/answer":   {"domain": {asked}, "answer": {"renewed"}},
			"/c/link-1/withdraw": {"domain": {asked}},
			"/c/link-1/attest":   {"domain": {asked}, "date": {"2027-05-05"}},
		} {
			v.Set("form", form)
			p := s.do(http.MethodPost, path, v, nil)
			if p.Status != http.StatusBadRequest && p.Status != http.StatusTooManyRequests {
				t.Errorf("%s with the form token %.20q: status %d", path, form, p.Status)
			}
		}
	}
	if len(s.answers.said) > 0 {
		t.Errorf("said %v", s.answers.said)
	}
}

func TestALinkOfLastYearAnswersNothing(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	v.Link.CreatedAt = noon.AddDate(-1, 0, 0)
	for i := range v.Domains {
		v.Domains[i].Cycle.OpenedAt = noon.AddDate(0, -10, 0)
	}
	s.store.portals[1] = v
	p := s.get("/c/link-1")
	p.want(t, 200, "This link came with an earlier e-mail", "Sat 12 Dec 2026")
	p.lacks(t, `value="renewed"`, `value="wrong_person"`)
	s.post("/c/link-1/answer", url.Values{"domain": {asked}, "answer": {"renewed"}}).want(t, http.StatusConflict, "This link came with an earlier e-mail")
	s.post("/c/link-1/answer", url.Values{"domain": {asked}, "answer": {"letting_go"}, "confirmed": {"yes"}}).want(t, http.StatusConflict)
	s.post("/c/link-1/withdraw", url.Values{"domain": {asked}}).want(t, http.StatusConflict)
	if c := s.get("/c/link-1/confirm?domain=" + asked); c.Status != http.StatusSeeOther {
		t.Errorf("the confirming page: status %d", c.Status)
	}
	if len(s.answers.said) > 0 {
		t.Errorf("said %v", s.answers.said)
	}
}

// TestFloods sends a thousand forms in one minute, first through one link, then with tokens that are guessed.
func TestFloods(t *testing.T) {
	for why, path := range map[string]func(i int) string{
		"one link":         func(int) string { return "/c/link-1/answer" },
		"guessed tokens":   func(i int) string { return fmt.Sprintf("/c/guess-%d/answer", i) },
		"back to the list": func(int) string { return "/u/stop-1/again" },
	} {
		s := clientSite(t)
		s.store.stops[1] = stopOf(true)
		began, refused := *s.now, 0
		for i := range 1000 {
			*s.now = began.Add(time.Duration(i) * time.Minute / 1000)
			p := s.post(path(i), url.Values{"domain": {asked}, "answer": {"renewed"}, "form": {formKey}})
			if p.Status == http.StatusTooManyRequests {
				if refused++; p.Header.Get("Retry-After") == "" {
					t.Fatalf("%s: refused without saying for how long", why)
				}
				continue
			}
		}
		if refused < 800 || len(s.answers.said) > 60 {
			t.Errorf("%s: %d of 1000 were refused, %d answered", why, refused, len(s.answers.said))
		}
		*s.now = began.Add(10 * time.Minute)
		s.get("/c/link-1").want(t, 200, "Hello Maya")
	}
}

func TestOversizedForms(t *testing.T) {
	s := clientSite(t)
	s.store.stops[1] = stopOf(true)
	big := strings.Repeat("a", 300<<10)
	s.post("/c/link-1/answer", url.Values{"domain": {asked}, "answer": {"wrong_person"}, "instead_name": {big}}).want(t, http.StatusRequestEntityTooLarge, "That did not work")
	s.post("/u/stop-1", url.Values{"x": {big}, "List-Unsubscribe": {"One-Click"}}).want(t, http.StatusBadRequest)
	if len(s.answers.said) > 0 || len(s.store.written()) > 0 {
		t.Errorf("said %v, wrote %v", s.answers.said, s.store.written())
	}
}

// hostileTexts are what somebody may put where a name belongs.
var hostileTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{.Agency}}{{define "main"}}owned{{end}}`, `{name}{{template "main"}}`, "**bold** {email}", `javascript:alert(1)`,
	"Ana\r\nBcc: victim@example.com", "\u202eevil\u2066", "' OR 1=1 --", "${7*7} #{7*7} <%= 7*7 %>",
}

// TestHostileTextsStayTexts puts hostile texts wherever a client's page shows what others wrote, in both languages.
func TestHostileTextsStayTexts(t *testing.T) {
	for _, text := range hostileTexts {
		for _, lang := range []string{"en", "es"} {
			s := clientSite(t)
			v := s.store.portals[1]
			v.Client.Name, v.Contact.Name, v.Contact.Language = text, text, lang
			v.Contact.Email = text + "@" + asked
			d := &v.Domains[1]
			d.Domain.Registrar, d.Answer = text, &models.Answer{Kind: models.AnswerWrongPerson, By: text, ContactID: 99, At: noon}
			d.Records = []models.ExpectedRecord{{Purpose: text, Service: text}}
			v.Named = []models.Proposal{{Name: text, DomainID: &d.Domain.ID}}
			v.Mails = []models.PortalMail{{Mail: models.Mail{ID: 5, Subject: text, SentAt: &noon}, Domains: []string{text}}}
			v.Grants = []models.Grant{{Platform: text, Role: text, Holder: text, Method: models.GrantMethod(text)}}
			s.store.portals[1] = v
			stop := stopOf(true)
			stop.Client.Name, stop.Contact.Email, stop.Contact.Language, stop.Next.Name = text, text, lang, text
			s.store.stops[1] = stop
			for _, path := range []string{"/c/link-1", "/c/link-1?ref=" + url.QueryEscape(text) + "&said=" + url.QueryEscape(text), "/c/link-1?ref=DW-000005", "/c/link-1/confirm?domain=" + asked, "/u/stop-1"} {
				p := s.get(path)
				if p.Status != 200 {
					t.Fatalf("%s with %q: status %d", path, text, p.Status)
				}
				p.lacks(t, "<script>alert", "<img src=x", "\u202e", "owned\n", "<b>bold</b>")
				for name, values := range p.Header {
					if strings.Contains(strings.Join(values, ""), "victim") {
						t.Errorf("%s: the header %s holds %q", path, name, values)
					}
				}
			}
		}
	}
}

func TestNamingSomebodyElse(t *testing.T) {
	s := clientSite(t)
	form := func(name, email, phone string) url.Values {
		return url.Values{"domain": {asked}, "answer": {"wrong_person"}, "instead_name": {name}, "instead_email": {email}, "instead_phone": {phone}}
	}
	if p := s.post("/c/link-1/answer", form("Ana Díaz", "ana@client.example", "+1 555 010 0123")); p.Location != "/c/link-1?said=wrong_person" {
		t.Errorf("status %d to %q", p.Status, p.Location)
	}
	if p := s.post("/c/link-1/answer", form("", "", "")); p.Status != http.StatusSeeOther {
		t.Errorf("naming nobody: status %d", p.Status)
	}
	want := []string{"1 " + asked + " wrong_person Ana Díaz <ana@client.example> +1 555 010 0123", "1 " + asked + " wrong_person"}
	if !slices.Equal(s.answers.said, want) {
		t.Errorf("said %v", s.answers.said)
	}
	for why, secret := range map[string]string{"a password": "password: hunter22!", "a token": "ghp_0123456789abcdefABCDEF01", "a generated one": "xK9#mQ2$vL7p"} {
		for _, v := range []url.Values{form(secret, "", ""), form("Ana", secret, ""), form("Ana", "", secret)} {
			p := s.post("/c/link-1/answer", v)
			p.want(t, http.StatusUnprocessableEntity, "This looks like a password or another secret")
			p.lacks(t, secret, "hunter22")
		}
		if len(s.answers.said) != 2 || strings.Contains(s.log.String(), secret) {
			t.Errorf("%s was kept or logged", why)
		}
	}
	s.answers.err = models.Invalid("instead_email", "give an e-mail address")
	s.post("/c/link-1/answer", form("Ana", "nonsense", "")).want(t, http.StatusUnprocessableEntity, "Give an e-mail address, like ada@example.com", `value="Ana"`, `value="nonsense"`)
}

func TestTakingAnAnswerBack(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	v.Domains[1].Answer = &models.Answer{Kind: models.AnswerLettingGo, At: noon, ContactID: 1}
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "Take this answer back")
	p := s.post("/c/link-1/withdraw", url.Values{"domain": {asked}})
	if p.Location != "/c/link-1?said=withdrawn" || !slices.Equal(s.answers.said, []string{"1 " + asked + " withdrawn"}) {
		t.Errorf("status %d to %q, said %v", p.Status, p.Location, s.answers.said)
	}
	s.get(p.Location).want(t, 200, "Your answer is taken back")
}

func TestStatingADate(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	d := &v.Domains[0].Domain
	d.Lifecycle, d.LifecycleWhy, d.ExpiresAt, d.ExpirySource = models.LifecycleUnknown, models.WhyNoPublicExpiry, nil, models.ExpiryNone
	v.Domains[0].Cycle = nil
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "Tell us when it expires", "When does "+d.Name+" expire?")
	s.post("/c/link-1/attest", url.Values{"domain": {d.Name}, "date": {"soon"}}).want(t, http.StatusUnprocessableEntity, "Choose the day on which it expires.")
	p := s.post("/c/link-1/attest", url.Values{"domain": {d.Name}, "date": {"2027-05-05"}})
	if p.Location != "/c/link-1?said=attested" || !slices.Equal(s.answers.said, []string{"1 " + d.Name + " expires 2027-05-05"}) {
		t.Errorf("status %d to %q, said %v", p.Status, p.Location, s.answers.said)
	}
	s.get(p.Location).want(t, 200, "We note the date, that you told us, and when")
	s.answers.err = models.Invalid("attested", "too far")
	s.post("/c/link-1/attest", url.Values{"domain": {d.Name}, "date": {"2099-05-05"}}).want(t, http.StatusUnprocessableEntity, "more than ten years away")

	d.ExpirySource, d.ExpiresAt, d.AttestedAt = models.ExpiryAttested, new(noon.AddDate(0, 2, 0)), new(noon.AddDate(-1, 0, -1))
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "more than a year ago", "You told us this date; the registry publishes none.")
}

// stopOf is the page for unsubscribing of link 1.
func stopOf(next bool) models.Unsubscribing {
	v := models.Unsubscribing{
		Link:    models.Link{ID: 1, ContactID: 1, Purpose: models.LinkUnsubscribe, ExpiresAt: noon.AddDate(0, 0, 30)},
		Contact: models.Contact{ID: 1, Name: "Maya Okafor", Email: "maya@client.example", EmailState: models.EmailOK}, Client: models.Client{ID: 1, Name: "Harborline Dental"},
	}
	if next {
		v.Next = &models.Contact{ID: 2, Name: "Ana Díaz", Email: "ana@client.example"}
	}
	return v
}

func TestUnsubscribing(t *testing.T) {
	s := clientSite(t)
	s.store.stops[1], s.store.stops[2] = stopOf(true), stopOf(false)
	two := s.store.stops[2]
	two.Link.ID, two.Link.ContactID, two.Contact.ID = 2, 2, 2
	s.store.stops[2] = two
	s.get("/u/stop-1").want(t, 200, "Stop writing to maya@client.example?", "we will write to Ana Díaz instead", `name="List-Unsubscribe" value="One-Click"`)
	s.get("/u/stop-2").want(t, 200, "Nobody else at Harborline Dental is on our list")
	// A mail service: no cookie, no form token, another origin.
	for _, origin := range []http.Header{nil, {"Origin": {"https://mail.example"}, "Sec-Fetch-Site": {"cross-site"}}} {
		p := s.do(http.MethodPost, "/u/stop-1", url.Values{"List-Unsubscribe": {"One-Click"}}, origin)
		p.want(t, 200, "We do not write to maya@client.example any more", "We will write to Ana Díaz instead", "Write to me again")
		if p.Header.Get("Set-Cookie") != "" {
			t.Error("a cookie was set")
		}
	}
	s.post("/u/stop-1", url.Values{"List-Unsubscribe": {"yes"}}).want(t, http.StatusBadRequest)
	s.post("/u/stop-2", url.Values{"List-Unsubscribe": {"One-Click"}}).want(t, 200, "so one of us will call")
	for _, form := range []string{"", "form-unsubscribe-2-2", formKey} {
		s.post("/u/stop-1/again", url.Values{"form": {form}}).want(t, http.StatusBadRequest)
	}
	p := s.post("/u/stop-1/again", url.Values{"form": {"form-unsubscribe-1-1"}})
	if p.Status != http.StatusSeeOther || p.Location != "/u/stop-1?said=again" {
		t.Errorf("status %d to %q", p.Status, p.Location)
	}
	s.get(p.Location).want(t, 200, "We write to maya@client.example again")
	if w := s.store.written(); !slices.Equal(w, []string{"opt out 1", "opt out 1", "opt out 2", "opt in 1"}) {
		t.Errorf("wrote %v", w)
	}
}

// TestOneClickAsFormData sends the request in the other form that RFC 8058 section 3.2 allows.
func TestOneClickAsFormData(t *testing.T) {
	s := clientSite(t)
	s.store.stops[1] = stopOf(true)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("List-Unsubscribe", "One-Click"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.web.URL+"/u/stop-1", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || !slices.Equal(s.store.written(), []string{"opt out 1"}) {
		t.Errorf("status %d, wrote %v", resp.StatusCode, s.store.written())
	}
}

func TestTheClientsLanguage(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	v.Client.Language = "es-MX"
	s.store.portals[1] = v
	p := s.get("/c/link-1?said=renewed")
	p.want(t, 200, `<html lang="es">`, "Hola, Maya.", "Vence el <b>", "sáb 12 dic 2026", "dentro de 21 días", "Ya lo renové", "Vencido, en plazo de gracia", "de lunes a viernes, de 9:00 a 17:00, hora del Pacífico", "La fecha nos la dio el registro", "Gracias.", "depende de él: Website Development.", "Llámenos")
	for _, english := range []string{"You own", "renewed it", "Within", "the registry", "What we", "Sign in", "Call us", "password, a code", "The website", "the website’s forms"} {
		p.lacks(t, english)
	}
	forged := s.do(http.MethodGet, "/c/forged", nil, http.Header{"Accept-Language": {"es-ES,es;q=0.9,en;q=0.8"}})
	forged.want(t, http.StatusNotFound, "Este enlace no funciona")
	s.get("/c/forged").want(t, http.StatusNotFound, "This link does not work")
	v.Contact.Language = "fr" // not spoken: the client's
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "Hola, Maya.")
}

// TestWordsAreUsed holds the words and the pages together: what a page says is there, and what is there is said.
func TestWordsAreUsed(t *testing.T) {
	raw, err := os.ReadFile("templates/portal/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var words struct {
		Say map[string]string `json:"say"`
	}
	if err := json.Unmarshal(raw, &words); err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, pattern := range []string{"templates/portal/*.html", "templates/frames.html", "portal*.go", "phrases.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	used := regexp.MustCompile(`(?:\.T|text|add|say\.text) ?\(?"([a-z_]+[.a-z0-9_]*)"`)
	for _, m := range used.FindAllStringSubmatch(source.String(), -1) {
		if _, ok := words.Say[m[1]]; !ok && !strings.HasSuffix(m[1], ".") {
			t.Errorf("a page says %q, for which there are no words", m[1])
		}
	}
	built := regexp.MustCompile(`^(band|method|said|thanks|problem)\.`) // put together from a code
	for key := range words.Say {
		if !built.MatchString(key) && !strings.Contains(source.String(), `"`+key+`"`) {
			t.Errorf("no page says %q", key)
		}
	}
	for _, b := range models.Bands() {
		if _, ok := words.Say["band."+string(b)]; !ok {
			t.Errorf("no words for the band %s", b)
		}
	}
}

func TestWhatWasAsked(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	v.Mails = []models.PortalMail{{Mail: models.Mail{ID: 77, Subject: "harborlinedental.example expires", SentAt: new(noon.AddDate(0, 0, -9))}, Domains: []string{asked}}}
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "What we wrote to you", "12 Nov 2026, reference DW-000077", "About "+asked, "What we look at", "2 records that our services need")
	s.get("/c/link-1?ref=dw-000077").want(t, 200, "DW-000077 is our message of 12 Nov 2026: harborlinedental.example expires")
	s.get("/c/link-1?ref=DW-000078").want(t, 200, "We sent you no message with this number")
}
