package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// EachProof hands over what the ledger holds of one client, from one snapshot of the database: its lines with the neighbours that each
// follows and is followed by, the messages that they tell of, and the looks on which these rest.
func (s *Store) EachProof(ctx context.Context, q models.ProofQuery, to models.ProofSink) error {
	return s.export(ctx, "prove what a client was told", func(tx *gorm.DB) error {
		p, err := beginProof(tx, &q)
		if err != nil {
			return err
		}
		ids, err := proofLines(tx, &q, &p)
		if err != nil {
			return err
		}
		if err := to.Begin(p); err != nil {
			return err
		}
		var mailIDs, lookIDs []int64
		err = eachOf(tx, ids, func(e *models.Entry) int64 { return e.ID }, func(entries []models.Entry) error {
			lines := make([]models.ProofLine, len(entries))
			for i, e := range entries {
				lines[i] = models.ProofLine{Entry: e, Own: e.ClientID != nil && *e.ClientID == q.ClientID}
				if !lines[i].Own {
					lines[i].Body = ""
					continue
				}
				if m, ok := e.Message(); ok {
					mailIDs = append(mailIDs, m.MailID)
					if m.Look != nil {
						lookIDs = append(lookIDs, m.Look.ID)
					}
				}
			}
			return to.Lines(lines)
		})
		if err != nil {
			return err
		}
		if err := proofMessages(tx, &q, mailIDs, to); err != nil {
			return err
		}
		return proofLooks(tx, &q, lookIDs, to)
	})
}

func beginProof(tx *gorm.DB, q *models.ProofQuery) (p models.Proof, err error) {
	if p.Client, err = one[models.Client](tx, q.ClientID); err != nil {
		return p, err
	}
	var head ledgerHead
	if err := tx.First(&head, 1).Error; err != nil {
		return p, err
	}
	p.Entries, p.Head, p.Domains = head.Entries, head.Hash, map[int64]string{}
	var domains []models.Domain
	if err := tx.Select("id", "name").Where("client_id = ?", q.ClientID).Find(&domains).Error; err != nil {
		return p, err
	}
	for _, d := range domains {
		p.Domains[d.ID] = d.Name
	}
	return p, nil
}

// proofLines gives the IDs of the lines of a proof, in the ledger's order, and counts the client's own.
func proofLines(tx *gorm.DB, q *models.ProofQuery, p *models.Proof) ([]int64, error) {
	own := tx.Model(&models.Entry{}).Where("client_id = ?", q.ClientID)
	if q.From != nil {
		own = own.Where("at >= ? OR kind = ?", *q.From, models.EntryErased)
	}
	if q.Until != nil {
		own = own.Where("at < ? OR kind = ?", *q.Until, models.EntryErased)
	}
	var rows []struct{ ID, Before, After int64 }
	err := own.Select(`id, COALESCE((SELECT MAX(b.id) FROM entries b WHERE b.id < entries.id), 0) AS "before",
		COALESCE((SELECT MIN(a.id) FROM entries a WHERE a.id > entries.id), 0) AS "after"`).Order("id").Scan(&rows).Error
	p.Lines = len(rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if q.Whole {
		var ids []int64
		err := tx.Model(&models.Entry{}).Where("id >= ?", rows[0].Before).Order("id").Pluck("id", &ids).Error
		return ids, err
	}
	ids := make([]int64, 0, 3*len(rows))
	for _, r := range rows {
		for _, id := range []int64{r.Before, r.ID, r.After} {
			if id != 0 {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// proofMessages hands over the client's messages. A line that names another client's message gets none.
func proofMessages(tx *gorm.DB, q *models.ProofQuery, mailIDs []int64, to models.ProofSink) error {
	slices.Sort(mailIDs)
	return inBatches(slices.Compact(mailIDs), func(batch []int64) error {
		mails, err := where[models.Mail](tx, "id", batch, "id", "client_id = ?", q.ClientID)
		if err != nil {
			return err
		}
		attempts, err := where[models.Attempt](tx, "mail_id", pick(mails, func(m *models.Mail) int64 { return m.ID }), "id")
		if err != nil {
			return err
		}
		by := group(attempts, func(a *models.Attempt) int64 { return a.MailID })
		messages := make([]models.ProofMessage, len(mails))
		for i, m := range mails {
			messages[i] = models.ProofMessage{Mail: m, Attempts: by[m.ID]}
		}
		return to.Messages(messages)
	})
}

func proofLooks(tx *gorm.DB, q *models.ProofQuery, lookIDs []int64, to models.ProofSink) error {
	columns := lookColumns
	if q.Evidence {
		columns = append(slices.Clone(lookColumns), "evidence")
	}
	slices.Sort(lookIDs)
	return inBatches(slices.Compact(lookIDs), func(batch []int64) error {
		looks, err := where[models.Observation](tx.Select(columns).Session(&gorm.Session{}), "id", batch, "id")
		if err != nil {
			return err
		}
		return to.Looks(looks)
	})
}
