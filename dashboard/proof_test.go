package dashboard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

const hostileWords = "<script>alert(1)</script>\u202e\x00"

// sampleProof gives the fake a message with hostile words, answers, an erasure, and a line of somebody else.
func sampleProof(f *fakeStore) {
	client, domain := new(int64(1)), new(int64(1))
	line := func(id int64, kind, actor, body string) models.ProofLine {
		return models.ProofLine{Own: true, Entry: models.Entry{
			ID: id, At: noon.Add(time.Duration(id) * time.Minute), Kind: kind, ClientID: client, DomainID: domain, Actor: actor, Body: body, Prev: fmt.Sprintf("p%d", id), Hash: fmt.Sprintf("h%d", id), Scheme: 2, BodyHash: "b",
		}}
	}
	other := line(2, "grant_verified", "kim@northwind.example", "")
	other.Own, other.ClientID = false, new(int64(9))
	erased := line(7, "noted", "system", `{"a":"[erased]"}`)
	erased.ErasedAt = new(noon.Add(time.Hour))
	f.proof = fakeProof{
		lines: []models.ProofLine{
			line(1, "notice_queued", "system", `{"domain":"`+"x"+`"}`), other,
			line(3, "mail_sent", "system", `{"mail_id":5,"stage":"d7","expires_at":"2026-11-28T17:04:00Z","expiry_source":"registry","recipient":"maya@client.example","text_sha256":"00",
				"observation":{"id":44,"kind":"rdap","server":"https://rdap.registry.example","at":"2026-11-21T10:00:00Z","evidence_sha256":"ee"}}`),
			line(4, "answer", "contact:1", `{"kind":"will_renew","renew_on":"2026-11-25T00:00:00Z","by":"Maya `+"<b>"+`"}`),
			line(5, "answer_withdrawn", "contact:1", `{"kind":"will_renew","answer":3}`),
			line(6, "expiry_attested", "staff", `{"date":"2027-01-31","by":"Maya Okafor (recorded by kim@northwind.example)"}`),
			erased,
			line(8, "erased", "kim@northwind.example", `{"reason":"asked by letter","lines":[{"line":7,"sha256":"aa"}]}`),
		},
		messages: []models.ProofMessage{{
			Mail: models.Mail{
				ID: 5, Subject: "Your domain " + hostileWords, Recipient: "maya@client.example", MessageID: "5@northwind.example", State: models.MailSent, Text: "Dear Maya " + hostileWords, TextHash: "00", SentAt: new(noon),
			},
			Attempts: []models.Attempt{{At: noon, EndedAt: noon, Code: 250, Enhanced: "2.0.0", Reply: "taken " + hostileWords, Outcome: models.DeliverySent}},
		}},
		looks: []models.Observation{{ID: 44, DomainID: 1, Kind: models.LookRDAP, Server: "https://rdap.registry.example", At: noon, Evidence: []byte("{}"), EvidenceHash: "ee"}},
	}
}

func TestTheProofOfWhatAClientWasTold(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	sampleProof(s.store)
	s.as(models.UserOps)
	p := s.get("/clients/1/proof")
	p.want(t, 200, "What Harborline Dental was told", "1,234, of which 8 concern this client", "Sat 21 Nov 2026, 10:45:00", "maya@client.example", "250 2.0.0 taken",
		"7-day", "kessler-türen.example", "Sat 28 Nov 2026", `<a href="/observations/44">RDAP, https://rdap.registry.example`, "sha256 ee", "Will renew on 25 Nov 2026", "Took back",
		"States that it expires on 2027-01-31", "taken out of 1 line. asked by letter", "does not match the words below", "a line on another matter", "after p3", "h8",
		"taken out on Sat 21 Nov 2026", "⟨U&#43;202E⟩", "␀", "2026-11-21T18:45:00Z")
	p.lacks(t, "<script>alert", "Maya <b>", "grant verified")
	s.get("/clients/1").want(t, 200, `href="/clients/1/proof"`)
	s.get("/clients/900/proof").want(t, 404)
	s.get("/clients/x/proof.json").want(t, 404)
}

func TestTheProofOfSomeDays(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserAdmin).get("/clients/1/proof?from=2026-11-01&to=2026-11-07").want(t, 200, `value="2026-11-07"`, "None was handed over", "proof.json?from=2026-11-01&amp;to=2026-11-07")
	// Seven days on the agency's clock: winter time began on the first.
	q := s.store.proof.asked
	if got := q.From.UTC().Format(time.RFC3339) + " " + q.Until.UTC().Format(time.RFC3339); got != "2026-11-01T07:00:00Z 2026-11-08T08:00:00Z" {
		t.Errorf("asked for %s", got)
	}
	s.get("/clients/1/proof?from=yesterday").want(t, 400, "year-month-day")
}

func TestTheProofAsAFile(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	sampleProof(s.store)
	p := s.as(models.UserOps).get("/clients/1/proof.json")
	p.want(t, 200)
	if p.Header.Get("Content-Type") != "application/json" || p.Header.Get("Content-Disposition") != `attachment; filename="deedwatch-proof-1-2026-11-21.json"` {
		t.Errorf("headers %v", p.Header)
	}
	var doc struct {
		Kind         string
		Lines        []map[string]any
		Messages     []map[string]any
		Observations []map[string]any
	}
	if err := json.Unmarshal([]byte(p.Body), &doc); err != nil || doc.Kind != "ledger_proof" || len(doc.Lines) != 8 || len(doc.Messages) != 1 || len(doc.Observations) != 1 {
		t.Fatalf("%v: %s", err, p.Body)
	}
	if doc.Lines[1]["body"] != nil || doc.Lines[0]["body"] == nil || doc.Messages[0]["text"] != "Dear Maya "+hostileWords || doc.Observations[0]["evidence"] != "e30=" {
		t.Errorf("document: %s", p.Body)
	}
	s.store.proof = fakeProof{}
	if p := s.get("/clients/1/proof.json"); !json.Valid([]byte(p.Body)) || !strings.Contains(p.Body, `"observations":[`) {
		t.Errorf("an empty proof: %s", p.Body)
	}
	s.store.broken = errors.New("the disk is gone")
	if p := s.get("/clients/1/proof.json"); p.Status != http.StatusServiceUnavailable {
		t.Errorf("a store that fails: status %d", p.Status)
	}
}

func TestTheProofAsText(t *testing.T) {
	f := newFake()
	fillSample(f)
	sampleProof(f)
	f.proof.messages[0].Mail.Text = "Dear Maya,\n\nANSWERS AND STATEMENTS\n\n- renewed\n"
	var b bytes.Buffer
	e := dashboard.ProofExport{Store: f, Now: noon, Zone: pacific(t), ZoneName: "Pacific", Agency: "Northwind Marketing"}
	if err := e.Text(t.Context(), models.ProofQuery{ClientID: 1}, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"WHAT Harborline Dental WAS TOLD", "Sat 21 Nov 2026, 10:45:00  (2026-11-21T18:45:00Z)", "  To:          maya@client.example\n", "250 2.0.0 taken",
		"7-day, kessler-türen.example, expires Sat 28 Nov 2026", "    | Dear Maya,\n    | \n    | ANSWERS AND STATEMENTS\n", "Will renew on 25 Nov 2026", "line 8", "  hash  h3\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text lacks %q\n%s", want, b.String())
		}
	}
	if strings.Count(b.String(), "\nANSWERS AND STATEMENTS\n") != 1 {
		t.Errorf("a message can look like the document:\n%s", b.String())
	}
}
