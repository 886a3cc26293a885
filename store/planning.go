package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// unsentStates are the states of a notice that can still be kept from going out.
var unsentStates = []models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked}

// tellableCodes are the codes of findings that notices are about.
var tellableCodes = []string{
	models.CodePendingTransfer,
	models.RecordFindingPrefix + string(models.RecordWrong), models.RecordFindingPrefix + string(models.RecordMissing),
	models.RecordFindingPrefix + string(models.RecordNameGone), models.RecordFindingPrefix + string(models.RecordDelegationBroken),
	models.RecordFindingPrefix + string(models.RecordDangling), models.RecordFindingPrefix + string(models.RecordShadowed),
}

// tellable holds for findings that notices are about: open, standing for themselves, the client's to put right, and not at rest at an instant,
// which is left to whoever asks.
const tellable = "state = 'open' AND cause_code = '' AND reason <> '" + models.ReasonOurSide + "' AND severity <> 'info'"

// tellableNow narrows a question on findings to those that notices are about at an instant.
func tellableNow(now time.Time) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		return q.Where(tellable+" AND code IN ?", tellableCodes).Where("snoozed_until IS NULL OR snoozed_until <= ?", now)
	}
}

// PlanCandidates gives the domains under watch about which something may be owed, or waits to go out, in the order of their IDs: those near or
// past their expiry, renewed a short time ago, taken out of the DNS, taken away, being moved, without a date, or with broken
// records; and one of each client of whom a contact asked not to be written to, unless there is a task for it.
func (s *Store) PlanCandidates(ctx context.Context, q models.PlanQuery, now time.Time) (ids []int64, err error) {
	err = s.read(ctx, "plan candidates", func(tx *gorm.DB) error {
		findings := tx.Model(&models.Finding{}).Scopes(tellableNow(now)).Select("domain_id")
		return tx.Raw(`SELECT id FROM domains WHERE archived_at IS NULL AND id IN (
			SELECT domain_id FROM cycles WHERE closed_at IS NULL AND expires_at <= ?
			UNION ALL SELECT domain_id FROM cycles WHERE closed_at IS NOT NULL AND closed_at >= ? AND close_reason = 'renewed'
			UNION ALL SELECT id FROM domains WHERE lifecycle = 'on_hold'
			UNION ALL SELECT id FROM domains WHERE lifecycle IN ('redemption', 'pending_delete')
			UNION ALL SELECT id FROM domains WHERE lifecycle = 'unknown' AND lifecycle_why = 'no_public_expiry'
			UNION ALL SELECT id FROM domains WHERE expiry_source = 'attested' AND attested_at <= ?
			UNION ALL SELECT MIN(domains.id) FROM domains JOIN contacts ON contacts.client_id = domains.client_id
				WHERE contacts.opted_out_at IS NOT NULL AND contacts.erased_at IS NULL AND domains.archived_at IS NULL AND NOT EXISTS (
					SELECT 1 FROM notices WHERE notices.client_id = contacts.client_id AND notices.domain_id IS NULL AND notices.stage = 'opted_out'
					AND notices.contact_id = contacts.id AND notices.due_at >= contacts.opted_out_at) GROUP BY domains.client_id
			UNION ALL SELECT domain_id FROM notices WHERE state IN ? AND domain_id IS NOT NULL
			UNION ALL SELECT domain_id FROM (?) AS told) ORDER BY id`,
			q.Horizon, q.RenewedSince, q.AttestedBefore, unsentStates, findings).Scan(&ids).Error
	})
	return ids, err
}

// Owed gives domains, in the order of the given IDs, each with all that planning its notices needs at now. One that is not found is left out.
func (s *Store) Owed(ctx context.Context, ids []int64, q models.PlanQuery, now time.Time) (owed []models.Owed, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.read(ctx, "owed", func(tx *gorm.DB) error {
		if err := byKeys(tx); err != nil {
			return err
		}
		r := &owedReader{ctx: ctx, tx: tx, words: map[string]string{}, rows: make([]models.Owed, 0, len(ids)), byDomain: make(map[int64]*models.Owed, len(ids))}
		for _, load := range []func() error{
			func() error { return r.domains(ids) },
			r.clients,
			r.contacts,
			func() error { return r.cycles(ids, q.RenewedSince) },
			func() error { return r.notices(ids) },
			r.answers,
			func() error { return r.findings(ids, now) },
		} {
			if err := load(); err != nil {
				return err
			}
		}
		owed = r.rows
		return nil
	})
	return owed, err
}

// owedReader reads many domains column by column: what planning needs of a row is a small part of it, and the rows are very many.
type owedReader struct {
	ctx      context.Context //nolint:containedctx // lives as long as one call
	tx       *gorm.DB
	words    map[string]string // stages, states and the like, once each
	rows     []models.Owed
	byDomain map[int64]*models.Owed
	byCycle  map[int64]*models.Owed
	clientOf map[int64]models.Client
}

// each runs a question whose only parameters are lists of IDs, written as {ids} in it, and hands over its rows.
func (r *owedReader) each(query string, ids []int64, scan func(*sql.Rows) error) (err error) {
	if len(ids) == 0 {
		return nil
	}
	arg, list, at, end := any(ids), "SELECT unnest($1::bigint[])", "", ""
	if r.tx.Name() != EnginePostgres {
		text, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		arg, list, at, end = string(text), "SELECT value FROM json_each(?1)", "CAST(", " AS BLOB)"
	}
	query = strings.NewReplacer("{ids}", "("+list+")", "{at}", at, "{/at}", end).Replace(query)
	rows, err := r.tx.Statement.ConnPool.QueryContext(r.ctx, query, arg)
	if err != nil {
		return err
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// word gives one copy of a text that many rows share.
func (r *owedReader) word(b []byte) string {
	if w, known := r.words[string(b)]; known {
		return w
	}
	w := string(b)
	r.words[w] = w
	return w
}

func (r *owedReader) domains(ids []int64) error {
	err := r.each(`SELECT id, client_id, name, archived_at, lifecycle, lifecycle_since, lifecycle_why, expires_at, expiry_source, unconfirmed, last_safe_day, recover_until,
		quiet_until, attested_expiry, attested_at, dns_failures FROM domains WHERE id IN {ids} ORDER BY id`, ids, func(rows *sql.Rows) error {
		var d models.Domain
		var lifecycle, why, source sql.RawBytes
		err := rows.Scan(&d.ID, &d.ClientID, &d.Name, &d.ArchivedAt, &lifecycle, &d.LifecycleSince, &why, &d.ExpiresAt, &source, &d.Unconfirmed,
			&d.LastSafeDay, &d.RecoverUntil, &d.QuietUntil, &d.AttestedExpiry, &d.AttestedAt, &d.DNSFailures)
		d.Lifecycle, d.LifecycleWhy, d.ExpirySource = models.Lifecycle(r.word(lifecycle)), models.LifecycleReason(r.word(why)), models.ExpirySource(r.word(source))
		r.rows = append(r.rows, models.Owed{Domain: d})
		return err
	})
	for i := range r.rows {
		r.byDomain[r.rows[i].Domain.ID] = &r.rows[i]
	}
	return err
}

func (r *owedReader) clientIDs() []int64 {
	return distinct(pick(r.rows, func(o *models.Owed) int64 { return o.Domain.ClientID }))
}

func (r *owedReader) clients() error {
	r.clientOf = map[int64]models.Client{}
	err := r.each(`SELECT id, name, notices, held_at FROM clients WHERE id IN {ids}`, r.clientIDs(), func(rows *sql.Rows) error {
		var c models.Client
		var settings sql.RawBytes
		if err := rows.Scan(&c.ID, &c.Name, &settings, &c.HeldAt); err != nil {
			return err
		}
		if len(settings) > len("{}") {
			if err := json.Unmarshal(settings, &c.Notices); err != nil {
				return err
			}
		}
		r.clientOf[c.ID] = c
		return nil
	})
	for i := range r.rows {
		r.rows[i].Client = r.clientOf[r.rows[i].Domain.ClientID]
	}
	return err
}

func (r *owedReader) contacts() error {
	of := map[int64][]models.Contact{}
	err := r.each(`SELECT id, client_id, name, email, role, email_state, opted_out_at, erased_at FROM contacts WHERE client_id IN {ids} ORDER BY id`, r.clientIDs(),
		func(rows *sql.Rows) error {
			var c models.Contact
			var role, state sql.RawBytes
			err := rows.Scan(&c.ID, &c.ClientID, &c.Name, &c.Email, &role, &state, &c.OptedOutAt, &c.ErasedAt)
			c.Role, c.EmailState = models.ContactRole(r.word(role)), models.EmailState(r.word(state))
			of[c.ClientID] = append(of[c.ClientID], c)
			return err
		})
	for _, contacts := range of {
		sortContacts(contacts)
	}
	for i := range r.rows {
		r.rows[i].Contacts = of[r.rows[i].Client.ID]
	}
	return err
}

func (r *owedReader) cycles(ids []int64, renewedSince time.Time) error {
	r.byCycle = make(map[int64]*models.Owed, len(ids))
	var renewed []int64
	err := r.each(`SELECT id, domain_id, expires_at, closed_at, close_reason FROM cycles WHERE domain_id IN {ids}
		AND (closed_at IS NULL OR close_reason = 'renewed')`, ids, func(rows *sql.Rows) error {
		var c models.Cycle
		if err := rows.Scan(&c.ID, &c.DomainID, &c.ExpiresAt, &c.ClosedAt, &c.CloseReason); err != nil {
			return err
		}
		o := r.byDomain[c.DomainID]
		switch {
		case o == nil:
			return nil
		case c.ClosedAt == nil:
			o.Cycle = c
		case c.ClosedAt.Before(renewedSince):
			return nil
		case o.Renewed != nil && o.Renewed.ID > c.ID:
			return nil
		default:
			if o.Renewed != nil {
				delete(r.byCycle, o.Renewed.ID)
			}
			o.Renewed = &c
			renewed = append(renewed, c.DomainID)
		}
		r.byCycle[c.ID] = o
		return nil
	})
	if err != nil {
		return err
	}
	return r.each(`SELECT domain_id, changed_on FROM registrations WHERE domain_id IN {ids}`, renewed, func(rows *sql.Rows) error {
		var id int64
		var changed *time.Time
		err := rows.Scan(&id, &changed)
		r.byDomain[id].ChangedOn = changed
		return err
	})
}

// noticeColumns begins a question for notices. None of them is on an access: those are not planned.
const noticeColumns = `SELECT id, domain_id, cycle_id, stage, episode, recipient, channel, client_id, contact_id, state, reason,
	{at}due_at{/at}, {at}expires_at{/at}, mail_id, {at}sent_at{/at} FROM notices `

func (r *owedReader) notices(ids []int64) error {
	cycleIDs := make([]int64, 0, len(r.byCycle))
	for i := range r.rows {
		for _, c := range []*models.Cycle{&r.rows[i].Cycle, r.rows[i].Renewed} {
			if c != nil && c.ID != 0 {
				cycleIDs = append(cycleIDs, c.ID)
			}
		}
	}
	err := r.each(noticeColumns+`WHERE cycle_id IN {ids}`, cycleIDs, func(rows *sql.Rows) error {
		n, err := r.notice(rows)
		if o := r.byCycle[n.CycleID]; o != nil {
			o.Notices = append(o.Notices, n)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = r.each(noticeColumns+`WHERE cycle_id IS NULL AND grant_id IS NULL AND domain_id IN {ids}`, ids, func(rows *sql.Rows) error {
		n, err := r.notice(rows)
		if o := r.byDomain[n.DomainID]; o != nil {
			o.Notices = append(o.Notices, n)
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.clientTasks()
}

// clientTasks gives each domain the tasks about its client as a whole.
func (r *owedReader) clientTasks() error {
	of := map[int64][]models.Notice{}
	err := r.each(noticeColumns+`WHERE domain_id IS NULL AND client_id IN {ids} AND channel = 'task'`, r.clientIDs(), func(rows *sql.Rows) error {
		n, err := r.notice(rows)
		of[n.ClientID] = append(of[n.ClientID], n)
		return err
	})
	if len(of) > 0 {
		for i := range r.rows {
			r.rows[i].Notices = append(r.rows[i].Notices, of[r.rows[i].Client.ID]...)
		}
	}
	byID := func(a, b models.Notice) int { return cmp.Compare(a.ID, b.ID) }
	for i := range r.rows {
		if !slices.IsSortedFunc(r.rows[i].Notices, byID) {
			slices.SortFunc(r.rows[i].Notices, byID)
		}
	}
	return err
}

func (r *owedReader) notice(rows *sql.Rows) (n models.Notice, err error) {
	var domain, cycle, contact, mail sql.NullInt64
	var stage, episode, channel, state, reason, recipient sql.RawBytes
	var due, expires, sent moment
	err = rows.Scan(&n.ID, &domain, &cycle, &stage, &episode, &recipient, &channel, &n.ClientID, &contact, &state, &reason, &due, &expires, &mail, &sent)
	n.DueAt, n.ExpiresAt, n.SentAt = due.at, expires.at, sent.orNil()
	n.DomainID, n.CycleID = domain.Int64, cycle.Int64
	n.ContactID, n.MailID = idOrNil(contact), idOrNil(mail)
	n.Stage, n.Channel, n.State = models.Stage(r.word(stage)), models.Channel(r.word(channel)), models.NoticeState(r.word(state))
	n.Episode, n.Reason, n.Recipient = r.word(episode), r.word(reason), r.word(recipient)
	return n, err
}

func idOrNil(id sql.NullInt64) *int64 {
	if !id.Valid {
		return nil
	}
	return &id.Int64
}

// answers adds the latest answer of each open cycle that is not withdrawn, and who said to be the wrong person.
func (r *owedReader) answers() error {
	cycleIDs := pick(r.rows, func(o *models.Owed) int64 { return o.Cycle.ID })
	return r.each(`SELECT id, domain_id, cycle_id, contact_id, kind, renew_on, "at" FROM answers WHERE cycle_id IN {ids} AND withdrawn IS NULL ORDER BY id`, cycleIDs,
		func(rows *sql.Rows) error {
			var a models.Answer
			err := rows.Scan(&a.ID, &a.DomainID, &a.CycleID, &a.ContactID, &a.Kind, &a.RenewOn, &a.At)
			if o := r.byCycle[a.CycleID]; o != nil && o.Cycle.ID == a.CycleID {
				o.Answer = &a
				o.Wrong = slices.DeleteFunc(o.Wrong, func(id int64) bool { return id == a.ContactID })
				if a.Kind == models.AnswerWrongPerson {
					o.Wrong = append(o.Wrong, a.ContactID)
				}
			}
			return err
		})
}

func (r *owedReader) findings(ids []int64, now time.Time) error {
	return r.each("SELECT domain_id, code, subject, first_seen, opened_at, worsened_at, snoozed_until FROM findings WHERE domain_id IN {ids} AND "+tellable, ids, func(rows *sql.Rows) error {
		var f models.Finding
		var code sql.RawBytes
		if err := rows.Scan(&f.DomainID, &code, &f.Subject, &f.FirstSeen, &f.OpenedAt, &f.WorsenedAt, &f.SnoozedUntil); err != nil {
			return err
		}
		f.Code, f.State = r.word(code), models.FindingOpen
		rests := f.SnoozedUntil != nil && f.SnoozedUntil.After(now)
		if o := r.byDomain[f.DomainID]; o != nil && !rests && slices.Contains(tellableCodes, f.Code) {
			o.Findings = append(o.Findings, f)
		}
		return nil
	})
}

// writable narrows a question on contacts to those who may be written to, as models.Contact.Usable does.
func writable(q *gorm.DB) *gorm.DB {
	return q.Where("contacts.email <> '' AND contacts.email_state <> ? AND contacts.opted_out_at IS NULL AND contacts.erased_at IS NULL", models.EmailBad)
}

// moveNotices moves notices that are still in the state they were seen in, and says which moved.
func moveNotices(tx *gorm.DB, changes []models.NoticeChange, now time.Time) (moved map[int64]bool, err error) {
	type move struct {
		from, to models.NoticeState
		reason   string
		due      time.Time

		contact, client int64
	}
	var order []move
	of := map[move][]int64{}
	for _, c := range changes {
		m := move{from: c.From, to: c.To, reason: c.Reason, contact: c.ContactID, client: c.ClientID}
		if c.DueAt != nil {
			m.due = instant(*c.DueAt)
		}
		if of[m] == nil {
			order = append(order, m)
		}
		of[m] = append(of[m], c.ID)
	}
	moved = make(map[int64]bool, len(changes))
	for _, m := range order {
		set, args := "state = ?, reason = ?, updated_at = ?", []any{m.to, m.reason, now}
		if m.to == models.NoticeQueued || m.to == models.NoticeHeld { // what a person takes back stays so, whatever it waits for
			set, args = "state = ?, reason = CASE WHEN reason = ? THEN reason ELSE ? END, updated_at = ?", []any{m.to, models.ReasonTakenBack, m.reason, now}
		}
		if !m.due.IsZero() {
			set, args = set+", due_at = ?", append(args, m.due)
		}
		if m.contact != 0 {
			set, args = set+", contact_id = ?, client_id = ?", append(args, m.contact, m.client)
		}
		if m.to == models.NoticeQueued || m.to == models.NoticeHeld {
			set += ", mail_id = NULL"
		}
		err := inBatches(of[m], func(batch []int64) error {
			var ids []int64
			err := tx.Raw("UPDATE notices SET "+set+" WHERE id IN ? AND state = ? RETURNING id", append(slices.Clip(args), batch, m.from)...).Scan(&ids).Error
			for _, id := range ids {
				moved[id] = true
			}
			return err
		})
		if err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// noticeKey is what makes a notice the same as another.
type noticeKey struct {
	domain, cycle, grant               int64
	stage, episode, recipient, channel string
}

func keyOfNotice(n *models.Notice) noticeKey {
	return noticeKey{n.DomainID, n.CycleID, n.GrantID, string(n.Stage), n.Episode, n.Recipient, string(n.Channel)}
}

var noticeRows = bulk{
	table: "notices",
	columns: []string{
		"domain_id", "cycle_id", "grant_id", "stage", "episode", "recipient", "channel", "client_id", "contact_id", "state", "due_at", "reason", "expires_at",
		"assignee", "note", "wanted_by", "closed_by", "created_at", "updated_at",
	},
	tail: " ON CONFLICT DO NOTHING RETURNING id, COALESCE(domain_id, 0), COALESCE(cycle_id, 0), COALESCE(grant_id, 0), stage, episode, recipient, channel",
}

// insertNotices adds the notices whose key does not exist yet, and gives the IDs of those by their keys.
func insertNotices(tx *gorm.DB, notices []models.Notice, now time.Time) (added map[noticeKey]int64, err error) {
	added = make(map[noticeKey]int64, len(notices))
	b := noticeRows
	b.scan = func(rows *sql.Rows) error {
		var id int64
		var k noticeKey
		err := rows.Scan(&id, &k.domain, &k.cycle, &k.grant, &k.stage, &k.episode, &k.recipient, &k.channel)
		added[k] = id
		return err
	}
	err = b.insert(tx, len(notices), func(args []any, i int) []any {
		n := &notices[i]
		return append(args, orNull(n.DomainID), orNull(n.CycleID), orNull(n.GrantID), string(n.Stage), n.Episode, n.Recipient, string(n.Channel), n.ClientID, n.ContactID,
			string(n.State), n.DueAt, n.Reason, n.ExpiresAt, n.Assignee, n.Note, n.WantedBy, n.ClosedBy, now, now)
	})
	return added, err
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
