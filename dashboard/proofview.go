package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// proofView is what the ledger holds of one client, as people read it. All of it comes from the ledger's lines, but the words of the
// messages and the server's answers to each attempt, for which the lines vouch by hash.
type proofView struct {
	ID       int64
	Client   string
	Agency   string
	Made     string
	ZoneName string
	Period   string // empty: all
	File     string // address of the same as a file
	From     string // calendar days, as the form has them
	To       string
	Entries  int
	Head     string
	Lines    int
	Cut      bool // there is more than is shown

	Messages []proofMessage
	Answers  []proofEvent
	Erasures []proofEvent
	Chain    []proofChain
}

// proofMessage is a message that was handed over, refused, or given up.
type proofMessage struct {
	Subject, To, MessageID string
	Mark                   markView
	When, UTC              string
	Items                  []proofItem
	Attempts               []proofAttempt
	Text                   string
	TextHash               string
	Holds, Erased          bool
	Bounced                string
}

// proofItem is one notice that a message carried.
type proofItem struct {
	Line          int64
	Domain, Stage string
	Expires       string
	Source        string
	Look          string // what it rests on
	LookID        int64
	LookHash      string
}

type proofAttempt struct{ When, Answer string }

// proofEvent is something that was said or done.
type proofEvent struct {
	Line                    int64
	When, Domain, Who, What string
}

// proofChain is one line of the ledger.
type proofChain struct {
	ID                       int64
	Own                      bool
	UTC, What, Domain, Actor string
	Prev, Hash, Body         string
	Erased                   string
}

// maxProofLines is the most that a page shows; more is for the command line, or for a shorter time.
const maxProofLines = 5000

// proofBuilder gathers a view.
type proofBuilder struct {
	v       proofView
	d       dates
	domains map[int64]string
	byMail  map[int64][]proofItem
	ended   map[int64]time.Time
}

// view reads a proof into what people read.
func (e ProofExport) view(ctx context.Context, q models.ProofQuery) (*proofView, error) {
	b := proofBuilder{d: dates{now: e.Now, loc: e.Zone}, byMail: map[int64][]proofItem{}, ended: map[int64]time.Time{}}
	b.v = proofView{Agency: e.Agency, ZoneName: e.ZoneName, Made: b.d.moment(e.Now)}
	err := e.Store.EachProof(ctx, q, models.ProofSink{
		Begin: b.begin,
		Lines: func(lines []models.ProofLine) error {
			for i := range lines {
				b.line(&lines[i])
			}
			return nil
		},
		Messages: func(messages []models.ProofMessage) error {
			for i := range messages {
				b.message(&messages[i])
			}
			return nil
		},
		Looks: func([]models.Observation) error { return nil },
	})
	if err != nil {
		return nil, fmt.Errorf("read the proof: %w", err)
	}
	return &b.v, nil
}

func (b *proofBuilder) begin(p models.Proof) error {
	b.v.ID, b.v.Client, b.v.Entries, b.v.Head, b.v.Lines = p.Client.ID, visible(p.Client.Name), p.Entries, p.Head, p.Lines
	b.domains = p.Domains
	return nil
}

func (b *proofBuilder) line(l *models.ProofLine) {
	if len(b.v.Chain) >= maxProofLines {
		b.v.Cut = true
		return
	}
	row := proofChain{
		ID: l.ID, Own: l.Own, UTC: l.At.UTC().Format(time.RFC3339Nano), What: entryWords(l.Kind), Prev: l.Prev, Hash: l.Hash,
	}
	if !l.Own {
		row.What = "a line on another matter"
		b.v.Chain = append(b.v.Chain, row)
		return
	}
	row.Domain, row.Actor, row.Body = b.domain(l.DomainID), actorWords(l.Actor), visible(l.Body)
	if l.ErasedAt != nil {
		row.Erased = b.d.weekday(*l.ErasedAt)
	}
	b.v.Chain = append(b.v.Chain, row)
	if m, ok := l.Message(); ok {
		b.byMail[m.MailID] = append(b.byMail[m.MailID], b.item(l, &m))
		b.ended[m.MailID] = l.At
		return
	}
	b.event(l)
}

func (b *proofBuilder) domain(id *int64) string {
	if id == nil {
		return ""
	}
	return nameOf(b.domains[*id]).Text
}

func (b *proofBuilder) item(l *models.ProofLine, m *models.LedgerMessage) proofItem {
	item := proofItem{Line: l.ID, Domain: b.domain(l.DomainID), Stage: stageWords(m.Stage)}
	if m.ExpiresAt != nil {
		item.Expires, item.Source = b.d.weekday(*m.ExpiresAt), sourceWords(models.ExpirySource(m.Source))
	}
	if o := m.Look; o != nil {
		item.LookID, item.LookHash = o.ID, o.EvidenceHash
		item.Look = fmt.Sprintf("%s, %s, %s", lookWords(o.Kind), visible(o.Server), b.d.moment(o.At))
	} else if m.Source == string(models.ExpiryAttested) {
		item.Look = "the date that the client stated"
	}
	return item
}

func (b *proofBuilder) message(m *models.ProofMessage) {
	mail := &m.Mail
	at := b.ended[mail.ID]
	v := proofMessage{
		Subject: visible(mail.Subject), To: visible(mail.Recipient), MessageID: visible(mail.MessageID), Items: b.byMail[mail.ID], Text: visible(mail.Text), TextHash: mail.TextHash,
		When: b.d.moment(at), UTC: at.UTC().Format(time.RFC3339Nano), Mark: mailMark(mail.State), Erased: mail.Text == models.ErasedText,
	}
	sum := sha256.Sum256([]byte(mail.Text))
	v.Holds = hex.EncodeToString(sum[:]) == mail.TextHash
	for i := range m.Attempts {
		a := &m.Attempts[i]
		v.Attempts = append(v.Attempts, proofAttempt{b.d.moment(a.EndedAt), visible(a.Answered())})
	}
	if mail.BouncedAt != nil {
		v.Bounced = "It came back on " + b.d.moment(*mail.BouncedAt) + ": " + visible(mail.BounceReason)
	}
	b.v.Messages = append(b.v.Messages, v)
}

// event words the lines that have a list of their own.
func (b *proofBuilder) event(l *models.ProofLine) {
	e := proofEvent{Line: l.ID, When: b.d.moment(l.At), Domain: b.domain(l.DomainID), Who: actorWords(l.Actor)}
	var said struct {
		Kind      models.AnswerKind `json:"kind"`
		RenewOn   *time.Time        `json:"renew_on"`
		By        string            `json:"by"`
		Date      string            `json:"date"`
		AutoRenew models.AutoRenew  `json:"auto_renew"`
		Lines     []struct{}        `json:"lines"`
		Reason    string            `json:"reason"`
	}
	if json.Unmarshal([]byte(l.Body), &said) != nil {
		return
	}
	if said.By != "" {
		e.Who = visible(said.By)
	}
	switch l.Kind {
	case models.EntryAnswer:
		e.What = answerWords(&models.Answer{Kind: said.Kind, RenewOn: said.RenewOn})
	case models.EntryWithdrawn:
		e.What = "Took back: " + answerWords(&models.Answer{Kind: said.Kind})
	case "expiry_attested":
		e.What = "States that it expires on " + visible(said.Date)
	case "auto_renew_stated":
		e.What = "States: " + autoRenewWords(said.AutoRenew)
	case models.EntryErased:
		e.What = fmt.Sprintf("What named a person was taken out of %s. %s", plural(len(said.Lines), "line"), visible(said.Reason))
		b.v.Erasures = append(b.v.Erasures, e)
		return
	default:
		return
	}
	b.v.Answers = append(b.v.Answers, e)
}

// entryWords names a kind of line.
func entryWords(kind string) string {
	switch kind {
	case models.EntryMailSent:
		return "message accepted by their server"
	case models.EntryMailRefused:
		return "message refused"
	case models.EntryMailFailed:
		return "message given up"
	case models.EntryErased:
		return "erasure"
	case models.EntryWithdrawn:
		return "answer taken back"
	}
	return visible(strings.ReplaceAll(kind, "_", " "))
}

// actorWords names who did what a line tells of.
func actorWords(actor string) string {
	if id, ok := strings.CutPrefix(actor, "contact:"); ok {
		return "contact " + visible(id)
	}
	if actor == "system" {
		return "Deedwatch"
	}
	return visible(actor)
}

// mailMark words where a message stands.
func mailMark(s models.MailState) markView {
	switch s {
	case models.MailSent:
		return markView{"ok", "u-check", "Accepted by their server"}
	case models.MailFailed:
		return markView{"bad", "s-7", "Not delivered"}
	case models.MailCancelled:
		return markView{"none", "u-dash", "Cancelled"}
	case models.MailWaiting, models.MailSending:
	}
	return markView{"part", "u-mail", "On its way"}
}
