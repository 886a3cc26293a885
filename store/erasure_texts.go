package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// texts takes the person out of what people wrote down about the client.
func (r *erasing) texts() error {
	called := r.tx.Model(&models.Call{}).Where("contact_id = ? AND note <> ''", r.c.ID).UpdateColumn("note", models.ErasedWord)
	r.res.Others += int(called.RowsAffected)
	if called.Error != nil {
		return called.Error
	}
	ofClient := []struct {
		table   string
		columns []string
	}{
		{"calls", []string{"note"}},
		{"proposals", []string{"name", "email", "phone"}},
		{"domains", []string{"attested_by", "auto_renew_by", "quiet_reason"}},
		{"grants", []string{"asked_by", "granted_by", "revoked_by", "revoked_how", "verified_by", "verified_how", "holder", "note", "state_reason"}},
	}
	for _, t := range ofClient {
		if err := r.scrub(t.table, "client_id = ?", r.c.ClientID, t.columns...); err != nil {
			return err
		}
	}
	if err := r.scrub("clients", "id = ?", r.c.ClientID, "held_why"); err != nil {
		return err
	}
	ofDomains := "domain_id IN (SELECT id FROM domains WHERE client_id = ?)"
	if err := r.scrub("findings", ofDomains, r.c.ClientID, "subject", "title", "detail", "next_step", "reason"); err != nil {
		return err
	}
	if err := r.scrub("happenings", ofDomains, r.c.ClientID, "body"); err != nil {
		return err
	}
	// A domain may have come from another client, whose lines in the ledger stay as they are: so do its people's answers.
	if err := r.scrub("answers", "contact_id IN (SELECT id FROM contacts WHERE client_id = ?)", r.c.ClientID, "by"); err != nil {
		return err
	}
	if err := r.scrub("grant_events", "grant_id IN (SELECT id FROM grants WHERE client_id = ?)", r.c.ClientID, "actor", "note"); err != nil {
		return err
	}
	for _, address := range r.known {
		if err := r.scrub("dispatches", "body LIKE ?", "%"+address+"%", "body", "last_reply"); err != nil {
			return err
		}
	}
	return nil
}

// scrub takes the person out of columns of rows, which hold text.
func (r *erasing) scrub(table, condition string, value any, columns ...string) error {
	return r.scrubWhere(table, clause.Expr{SQL: condition, Vars: []any{value}}, columns...)
}

func (r *erasing) scrubWhere(table string, condition clause.Expression, columns ...string) error {
	var rows []map[string]any
	if err := r.tx.Table(table).Select(append([]string{"id"}, columns...)).Where(condition).Order("id").Find(&rows).Error; err != nil {
		return err
	}
	for _, row := range rows {
		set := map[string]any{}
		for _, c := range columns {
			text, ok := row[c].(string)
			if !ok {
				continue
			}
			out := r.person.out(text)
			if c == "body" { // JSON, which escapes
				out, _ = r.person.fromBody(text, false)
			}
			if c == "subject" { // part of a key: that of another erased person must differ
				out = strings.ReplaceAll(out, models.ErasedWord, r.alias())
			}
			if r.person.in(text) {
				set[c] = out
			}
		}
		if len(set) == 0 {
			continue
		}
		if err := r.tx.Table(table).Where("id = ?", row["id"]).UpdateColumns(set).Error; err != nil {
			return err
		}
		r.res.Others++
	}
	return nil
}

// erasedPerLine bounds how many lines one line on an erasure names.
const erasedPerLine = 500

// ledger takes the person out of the bodies of lines on the client, and of lines on no client that name it, and adds the lines that say
// so. It is the last step: it takes the chain's lock.
func (r *erasing) ledger() error {
	if err := lockLedger(r.tx); err != nil {
		return err
	}
	var entries []models.Entry
	for _, of := range []struct {
		client    *int64
		condition func() *gorm.DB
	}{
		{&r.c.ClientID, func() *gorm.DB { return r.tx.Where("client_id = ?", r.c.ClientID) }},
		{nil, func() *gorm.DB { return r.tx.Where("client_id IS NULL") }},
	} {
		named, err := r.redact(of.condition)
		if err != nil {
			return err
		}
		r.res.Lines += len(named)
		batches := slices.Collect(slices.Chunk(named, erasedPerLine))
		if len(batches) == 0 && of.client != nil {
			batches = [][]erasedLine{{}} // that it was done is said in any case
		}
		for _, batch := range batches {
			e, err := r.entry(of.client, batch)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
	}
	return appendLedger(r.tx, entries)
}

func (r *erasing) entry(client *int64, named []erasedLine) (models.Entry, error) {
	body, err := json.Marshal(struct {
		ContactID int64        `json:"contact_id"`
		By        string       `json:"by"`
		Reason    string       `json:"reason"`
		Lines     []erasedLine `json:"lines"`
	}{r.c.ID, r.e.By, r.person.out(r.e.Reason), named})
	if err != nil {
		return models.Entry{}, fmt.Errorf("word the line on an erasure: %w", err)
	}
	return models.Entry{At: r.at, Kind: models.EntryErased, ClientID: client, Actor: r.e.By, Body: string(body)}, nil
}

// redact takes the person out of lines, and names those from which something went, or whose message lost its words.
func (r *erasing) redact(condition func() *gorm.DB) (named []erasedLine, err error) {
	for after := int64(0); ; {
		var page []models.Entry
		if err := condition().Where("id > ? AND kind <> ?", after, models.EntryErased).Order("id").Limit(batchSize).Find(&page).Error; err != nil {
			return nil, err
		}
		for i := range page {
			e := &page[i]
			body, changed := r.person.fromBody(e.Body, e.Actor == "contact:"+idText(&r.c.ID))
			if m, ok := e.Message(); ok && r.mails[m.MailID] {
				changed = true
			}
			actor := e.Actor
			if e.Scheme == schemeBody { // its own hash can't be checked any more in any case
				actor = r.person.out(e.Actor)
			}
			if !changed && actor == e.Actor {
				continue
			}
			e.Body, e.Actor, e.ErasedAt = body, actor, &r.at
			q := r.tx.Model(&models.Entry{}).Where("id = ?", e.ID).UpdateColumns(map[string]any{"body": e.Body, "actor": e.Actor, "erased_at": r.at})
			if q.Error != nil {
				return nil, q.Error
			}
			named = append(named, erasedLine{Line: e.ID, SHA256: erasedDigest(e)})
		}
		if len(page) < batchSize {
			return named, nil
		}
		after = page[len(page)-1].ID
	}
}
