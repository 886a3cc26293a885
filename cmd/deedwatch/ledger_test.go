package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lived gives a configuration over a database in which some weeks of the life have passed, with mail sent on real looks.
func lived(t *testing.T) (config, database string) {
	t.Helper()
	database = filepath.Join(t.TempDir(), "life.db")
	l := newLife(t, database)
	for day := lifeDay(t, lifeBegins); day.Before(lifeDay(t, "2027-03-04")); day = day.AddDate(0, 0, 1) {
		l.until(day.Add(9*time.Hour + 30*time.Minute))
		l.join(day.Format(time.DateOnly))
		for _, minute := range []int{0, 2} { // what is to be looked at first is sent two minutes later
			l.until(time.Date(day.Year(), day.Month(), day.Day(), 10, minute, 0, 0, lifeZone))
			l.must(l.app.step(t.Context()))
		}
	}
	config = settings(t, "")
	content, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(config, []byte("database: "+database+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, database
}

func TestTheLedgerIsVerifiedExportedAndErased(t *testing.T) {
	config, _ := lived(t)
	run := func(args ...string) (int, string, string) {
		t.Helper()
		return command(t, nil, append([]string{"--config", config, "ledger"}, args...)...)
	}
	code, out, errs := run("verify", "--json")
	var state ledgerDoc
	if err := json.Unmarshal([]byte(out), &state); err != nil || code != exitFine || !state.Holds || state.Messages < 2 || state.Observations < 2 || state.Line != nil {
		t.Fatalf("exit %d, %v: %s %s", code, err, out, errs)
	}
	_, out, errs = run("export", "--client", "Bakery Ltd", "--json")
	if err := checkProof([]byte(out)); err != nil {
		t.Errorf("the proof: %v\n%s\n%s", err, out, errs)
	}
	_, whole, _ := run("export", "--client", "bakery ltd", "--json", "--chain")
	if err := checkProof([]byte(whole)); err != nil || !strings.Contains(whole, `"whole":true`) {
		t.Errorf("the proof with the whole chain: %v", err)
	}
	for _, change := range [][2]string{{`"text":"`, `"text":"x`}, {`"own":true`, `"own":false`}, {"250 ", "251 "}, {"mail_sent", "mail_lost"}, {`"evidence":"`, `"evidence":"AA`}} {
		if !strings.Contains(whole, change[0]) {
			t.Errorf("the proof lacks %q", change[0])
		}
		if err := checkProof([]byte(strings.Replace(whole, change[0], change[1], 1))); err == nil {
			t.Errorf("a proof with %q for %q holds", change[1], change[0])
		}
	}
	if code, _, errs := run("erase-contact", "owner@bakery-ltd.example", "--client", "Bakery Ltd"); code != exitUsage || !strings.Contains(errs, "--yes") {
		t.Errorf("without --yes: exit %d: %s", code, errs)
	}
	if code, _, errs := run("erase-contact", "owner@bakery-ltd.example", "--client", "Bakery Ltd", "--yes"); code != exitUsage || !strings.Contains(errs, "last person") {
		t.Errorf("the last one: exit %d: %s", code, errs)
	}
	if code, out, errs := run("erase-contact", "Owner@bakery-ltd.example", "--client", "Bakery Ltd", "--yes", "--force"); code != exitFine || !strings.Contains(out, "the hashes stay") {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
	_, whole, _ = run("export", "--client", "Bakery Ltd", "--json", "--chain")
	if err := checkProof([]byte(whole)); err != nil || strings.Contains(whole, "owner@bakery") || strings.Contains(whole, "Olive") || !strings.Contains(whole, "[erased]") {
		t.Errorf("after the erasure: %v\n%s", err, whole)
	}
	if code, out, _ := run("verify", "--expect-head", state.Head); code != exitFine || !strings.Contains(out, "lines were added since") || strings.Contains(out, "erased: 0") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := run("export", "--client", "Bakery Ltd"); code != exitFine || !strings.Contains(out, "the words were erased") || !strings.Contains(out, "ERASED") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestVerifyTellsWhatItFound(t *testing.T) {
	config, database := lived(t)
	run := func(args ...string) (int, string, string) {
		t.Helper()
		return command(t, nil, append([]string{"--config", config, "ledger", "verify"}, args...)...)
	}
	checkpoints := filepath.Join(t.TempDir(), "heads")
	for range 2 {
		if code, out, errs := run("--checkpoints", checkpoints); code != exitFine {
			t.Fatalf("exit %d: %s %s", code, out, errs)
		}
	}
	if content, err := os.ReadFile(checkpoints); err != nil || strings.Count(string(content), "\n") != 2 {
		t.Errorf("checkpoints %q, %v", content, err)
	}
	if code, _, errs := run("--expect-head", "short"); code != exitUsage || !strings.Contains(errs, "64 digits") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, out, _ := run("--expect-head", strings.Repeat("0", 64)); code != exitProblems || !strings.Contains(out, "DOES NOT HOLD") {
		t.Errorf("a head that never was: exit %d: %s", code, out)
	}
	sqlExec(t, database, `UPDATE mails SET text = 'x' WHERE id = (SELECT MIN(id) FROM mails)`)
	code, out, _ := run("--json", "--checkpoints", checkpoints)
	var state ledgerDoc
	if err := json.Unmarshal([]byte(out), &state); err != nil || code != exitProblems || state.Holds || state.Line == nil || state.Reason == nil || *state.Reason != "the words of its message are others" {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if content, _ := os.ReadFile(checkpoints); strings.Count(string(content), "\n") != 2 {
		t.Errorf("a head of a ledger that does not hold was noted: %q", content)
	}
	if code, _, errs := command(t, nil, "--config", settings(t, ""), "ledger", "verify"); code != exitNoLook || !strings.Contains(errs, "open the database") {
		t.Errorf("no database: exit %d: %s", code, errs)
	}
	for _, args := range [][]string{{"--client", "Nobody"}, {"--client", "Bakery Ltd", "--from", "x"}, {"--client", "Bakery Ltd", "--chain"}, {"--client", "Bakery Ltd", "--from", "2027-02-02", "--to", "2027-02-01"}, {}} {
		if code, _, _ := command(t, nil, append([]string{"--config", config, "ledger", "export"}, args...)...); code != exitUsage {
			t.Errorf("export %v: exit %d", args, code)
		}
	}
}

// sqlExec runs a statement behind the program's back.
func sqlExec(t *testing.T, database, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+database+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// The rest of this file checks a proof as a stranger would who has only docs/json.md and a program for SHA-256: it shares no code with
// the product.

func hexOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])
}

type strangeLine struct {
	ID, Scheme     int64
	Own            bool
	Prev, At, Kind string
	Client         *int64 `json:"client_id"`
	Domain         *int64 `json:"domain_id"`
	Actor, Hash    string
	Body           *string
	BodyHash       *string `json:"body_sha256"`
	Erased         *string `json:"erased_at"`
}

func (l *strangeLine) hashOver(content string) string {
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	return hexOf(l.Prev, l.At, l.Kind, number(l.Client), number(l.Domain), l.Actor, content)
}

type strangeProof struct {
	Whole  bool
	Ledger struct{ Head string }
	Client struct{ ID int64 }
	Lines  []strangeLine
	Mails  []struct {
		ID       int64 `json:"mail_id"`
		Text     string
		TextHash string `json:"text_sha256"`
		Erased   bool
		Attempts []struct {
			Ended string `json:"ended_at"`
			Reply string `json:"smtp_reply"`
		}
	} `json:"messages"`
	Looks []struct {
		ID       int64
		Evidence string
		Hash     string `json:"evidence_sha256"`
	} `json:"observations"`
}

// checkProof says what does not hold about an exported proof.
func checkProof(document []byte) error {
	var p strangeProof
	if err := json.Unmarshal(document, &p); err != nil {
		return err
	}
	if len(p.Lines) == 0 || len(p.Mails) == 0 || len(p.Looks) == 0 {
		return errors.New("there is nothing to check")
	}
	named := map[string]bool{}
	for i := range p.Lines {
		l := &p.Lines[i]
		if l.Own != (l.Client != nil && *l.Client == p.Client.ID) {
			return fmt.Errorf("line %d: whose is it?", l.ID)
		}
		if l.Own && l.Kind == "erased" {
			var said struct {
				Lines []struct {
					Line   int64
					SHA256 string
				}
			}
			if err := json.Unmarshal([]byte(*l.Body), &said); err != nil {
				return err
			}
			for _, n := range said.Lines {
				named[fmt.Sprint(n.Line, n.SHA256)] = true
			}
		}
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		if i > 0 && (p.Whole || l.ID == p.Lines[i-1].ID+1) && l.Prev != p.Lines[i-1].Hash {
			return fmt.Errorf("line %d does not follow line %d", l.ID, p.Lines[i-1].ID)
		}
		switch {
		case l.Scheme != 2:
			return fmt.Errorf("line %d: scheme %d", l.ID, l.Scheme)
		case l.hashOver(*l.BodyHash) != l.Hash:
			return fmt.Errorf("line %d: its hash is another", l.ID)
		case l.Own && l.Erased == nil && hexOf(*l.Body) != *l.BodyHash:
			return fmt.Errorf("line %d: its body is another", l.ID)
		case l.Own && l.Erased != nil && !named[fmt.Sprint(l.ID, l.hashOver(hexOf(*l.Body)))]:
			return fmt.Errorf("line %d: no erasure names it as it is", l.ID)
		case !l.Own && l.Body != nil:
			return fmt.Errorf("line %d: the body of somebody else", l.ID)
		}
	}
	if p.Whole && p.Lines[len(p.Lines)-1].Hash != p.Ledger.Head {
		return errors.New("the last line is not the head")
	}
	return checkRows(&p)
}

// checkRows holds messages and evidence against the lines that vouch for them.
func checkRows(p *strangeProof) error {
	type vouched struct{ text, reply, at string }
	mails, looks := map[int64]vouched{}, map[int64]string{}
	for i := range p.Lines {
		l := &p.Lines[i]
		if !l.Own || l.Kind != "mail_sent" {
			continue
		}
		var said struct {
			Mail        int64  `json:"mail_id"`
			Text        string `json:"text_sha256"`
			Reply       string `json:"smtp_reply"`
			Observation *struct {
				ID   int64
				Hash string `json:"evidence_sha256"`
			}
		}
		if err := json.Unmarshal([]byte(*l.Body), &said); err != nil {
			return err
		}
		mails[said.Mail] = vouched{said.Text, said.Reply, l.At}
		if said.Observation == nil {
			return fmt.Errorf("line %d rests on nothing", l.ID)
		}
		looks[said.Observation.ID] = said.Observation.Hash
	}
	if len(mails) != len(p.Mails) || len(looks) != len(p.Looks) {
		return fmt.Errorf("%d messages and %d observations are vouched for, %d and %d are there", len(mails), len(looks), len(p.Mails), len(p.Looks))
	}
	for _, m := range p.Mails {
		v, last := mails[m.ID], m.Attempts[len(m.Attempts)-1]
		if v.text != m.TextHash || !m.Erased && hexOf(m.Text) != v.text || last.Reply != v.reply || last.Ended != v.at || !strings.HasPrefix(v.reply, "250 ") {
			return fmt.Errorf("message %d is not the one that was sent", m.ID)
		}
	}
	for _, o := range p.Looks {
		raw, err := base64.StdEncoding.DecodeString(o.Evidence)
		if err != nil || hexOf(string(raw)) != looks[o.ID] || looks[o.ID] != o.Hash {
			return fmt.Errorf("observation %d is not the one that it rests on: %w", o.ID, err)
		}
	}
	return nil
}
