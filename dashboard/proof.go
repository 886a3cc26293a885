package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ProofStore gives what the ledger holds of one client. models.ErrNotFound: there is no such client.
type ProofStore interface {
	EachProof(ctx context.Context, q models.ProofQuery, to models.ProofSink) error
}

// ProofExport is what the ledger proves about one client, the same whether a page or a command asks for it.
type ProofExport struct {
	Store    ProofStore
	Now      time.Time
	Zone     *time.Location
	ZoneName string // as people say it
	Agency   string
}

// proofJSON is the document up to its lists; docs/json.md describes it.
type proofJSON struct {
	Kind    string           `json:"kind"`
	Version int              `json:"version"`
	MadeAt  time.Time        `json:"made_at"`
	Client  proofJSONClient  `json:"client"`
	From    *time.Time       `json:"from"`
	Until   *time.Time       `json:"until"`
	Whole   bool             `json:"whole"`
	Ledger  proofJSONLedger  `json:"ledger"`
	Domains map[int64]string `json:"domains"`
}

type proofJSONClient struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type proofJSONLedger struct {
	Entries int    `json:"entries"`
	Head    string `json:"head"`
}

type proofJSONLine struct {
	ID       int64   `json:"id"`
	Own      bool    `json:"own"`
	Scheme   int     `json:"scheme"`
	Prev     string  `json:"prev"`
	At       string  `json:"at"` // exactly as it is hashed
	Kind     string  `json:"kind"`
	ClientID *int64  `json:"client_id"`
	DomainID *int64  `json:"domain_id"`
	Actor    string  `json:"actor"`
	Body     *string `json:"body"`
	BodyHash *string `json:"body_sha256"`
	Hash     string  `json:"hash"`
	ErasedAt *string `json:"erased_at"`
}

type proofJSONMessage struct {
	ID        int64              `json:"mail_id"`
	MessageID string             `json:"message_id"`
	Recipient string             `json:"recipient"`
	Subject   string             `json:"subject"`
	State     models.MailState   `json:"state"`
	SentAt    *time.Time         `json:"sent_at"`
	BouncedAt *time.Time         `json:"bounced_at"`
	Text      string             `json:"text"`
	TextHash  string             `json:"text_sha256"`
	Erased    bool               `json:"erased"`
	Attempts  []proofJSONAttempt `json:"attempts"`
}

type proofJSONAttempt struct {
	At      time.Time       `json:"at"`
	EndedAt time.Time       `json:"ended_at"`
	Outcome models.Delivery `json:"outcome"`
	Reply   string          `json:"smtp_reply"`
}

type proofJSONLook struct {
	ID           int64           `json:"id"`
	DomainID     int64           `json:"domain_id"`
	Kind         models.LookKind `json:"kind"`
	Outcome      models.Outcome  `json:"outcome"`
	Server       string          `json:"server"`
	At           time.Time       `json:"at"`
	ContentType  string          `json:"content_type"`
	Truncated    bool            `json:"truncated"`
	Evidence     []byte          `json:"evidence"` // base64
	EvidenceHash string          `json:"evidence_sha256"`
}

// JSON writes the proof as one document, with the chain and the evidence, piece by piece.
func (e ProofExport) JSON(ctx context.Context, q models.ProofQuery, w io.Writer) error {
	q.Evidence = true
	list := &jsonLists{w: w}
	sink := models.ProofSink{
		Begin: func(p models.Proof) error {
			return list.begin(proofJSON{
				Kind: "ledger_proof", Version: 1, MadeAt: e.Now.UTC(), Client: proofJSONClient{p.Client.ID, p.Client.Name}, From: inUTC(q.From), Until: inUTC(q.Until),
				Whole: q.Whole, Ledger: proofJSONLedger{p.Entries, p.Head}, Domains: p.Domains,
			})
		},
		Lines:    func(lines []models.ProofLine) error { return addAll(list, "lines", lines, lineJSON) },
		Messages: func(messages []models.ProofMessage) error { return addAll(list, "messages", messages, messageJSON) },
		Looks:    func(looks []models.Observation) error { return addAll(list, "observations", looks, lookJSON) },
	}
	if err := e.Store.EachProof(ctx, q, sink); err != nil {
		return fmt.Errorf("export the proof: %w", err)
	}
	return list.end("lines", "messages", "observations")
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

func lineJSON(l *models.ProofLine) any {
	out := proofJSONLine{
		ID: l.ID, Own: l.Own, Scheme: l.Scheme, Prev: l.Prev, At: l.At.UTC().Format(time.RFC3339Nano), Kind: l.Kind, ClientID: l.ClientID, DomainID: l.DomainID,
		Actor: l.Actor, Hash: l.Hash,
	}
	if l.Own {
		out.Body = &l.Body
	}
	if l.BodyHash != "" {
		out.BodyHash = &l.BodyHash
	}
	if l.ErasedAt != nil {
		out.ErasedAt = new(l.ErasedAt.UTC().Format(time.RFC3339Nano))
	}
	return out
}

func messageJSON(m *models.ProofMessage) any {
	out := proofJSONMessage{
		ID: m.Mail.ID, MessageID: m.Mail.MessageID, Recipient: m.Mail.Recipient, Subject: m.Mail.Subject, State: m.Mail.State, SentAt: inUTC(m.Mail.SentAt),
		BouncedAt: inUTC(m.Mail.BouncedAt), Text: m.Mail.Text, TextHash: m.Mail.TextHash, Erased: m.Mail.Text == models.ErasedText, Attempts: []proofJSONAttempt{},
	}
	for i := range m.Attempts {
		a := &m.Attempts[i]
		out.Attempts = append(out.Attempts, proofJSONAttempt{a.At.UTC(), a.EndedAt.UTC(), a.Outcome, a.Answered()})
	}
	return out
}

func lookJSON(o *models.Observation) any {
	return proofJSONLook{
		o.ID, o.DomainID, o.Kind, o.Outcome, o.Server, o.At.UTC(), o.ContentType, o.Truncated, append([]byte{}, o.Evidence...), o.EvidenceHash,
	}
}

// jsonLists writes an object whose last members are lists, one item a line, without holding them.
type jsonLists struct {
	w    io.Writer
	open string
	done map[string]bool
	some bool // the open list has an item
	err  error
}

func (l *jsonLists) print(b ...byte) {
	if l.err == nil {
		_, l.err = l.w.Write(b)
	}
}

func (l *jsonLists) begin(head any) error {
	b, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("write a document: %w", err)
	}
	l.done = map[string]bool{}
	l.print(b[:len(b)-1]...)
	return l.err
}

// turn ends the open list and begins another; an empty name begins none.
func (l *jsonLists) turn(name string) {
	if l.open == name {
		return
	}
	if l.open != "" {
		l.print([]byte("\n]")...)
	}
	if name != "" {
		l.print([]byte(",\n\"" + name + "\":[")...)
		l.done[name] = true
	}
	l.open, l.some = name, false
}

func addAll[T any](l *jsonLists, name string, items []T, doc func(*T) any) error {
	l.turn(name)
	for i := range items {
		b, err := json.Marshal(doc(&items[i]))
		if err != nil {
			return fmt.Errorf("write a document: %w", err)
		}
		if l.some {
			l.print(',')
		}
		l.print('\n')
		l.print(b...)
		l.some = true
	}
	return l.err
}

// end closes the object; lists to which nothing was added are there and empty.
func (l *jsonLists) end(names ...string) error {
	for _, name := range names {
		if !l.done[name] {
			l.turn(name)
		}
	}
	l.turn("")
	l.print('\n', '}', '\n')
	return l.err
}
