package store

import (
	"cmp"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// upsert inserts a row or replaces the one with its primary key.
func upsert(tx *gorm.DB, row any) error {
	return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(row).Error
}

// planAnew lets PostgreSQL plan each statement of a transaction for the values at hand. A plan that a connection kept from when a table was
// empty reads the whole of it for every batch, once it is full: 70 s instead of 6 for 100,000 rows.
func (s *Store) planAnew(tx *gorm.DB) error {
	if s.engine != EnginePostgres {
		return nil
	}
	return tx.Exec("SET LOCAL plan_cache_mode = force_custom_plan").Error
}

// byKeys lets PostgreSQL look rows up by the keys that it is given for the rest of a transaction. Going by what it believes of a table that was
// filled since it counted, it would read the whole of it for each page of keys: 40 ms instead of 6 for the notices of 1,000 domains.
func byKeys(tx *gorm.DB) error {
	if tx.Name() != EnginePostgres {
		return nil
	}
	return tx.Exec("SELECT set_config('enable_seqscan', 'off', TRUE), set_config('enable_hashjoin', 'off', TRUE), set_config('enable_mergejoin', 'off', TRUE)").Error
}

// one finds a row by its primary key, ErrNotFound when there is none.
func one[T any](tx *gorm.DB, id int64) (T, error) {
	var row T
	err := tx.Take(&row, id).Error
	return row, err
}

// first gives the first row that a question finds, nil when there is none.
func first[T any](q *gorm.DB) (*T, error) {
	var rows []T
	if err := q.Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// where loads the rows of which the column is one of the values, in pieces; order is that of the rows of one value.
func where[T any, V comparable](tx *gorm.DB, column string, values []V, order string, conditions ...any) ([]T, error) {
	var rows []T
	err := inBatches(distinct(values), func(batch []V) error {
		var part []T
		q := tx.Where(clause.IN{Column: clause.Column{Name: column}, Values: anys(batch)}).Order(order)
		if len(conditions) > 0 {
			q = q.Where(conditions[0], conditions[1:]...)
		}
		if err := q.Find(&part).Error; err != nil {
			return err
		}
		rows = append(rows, part...)
		return nil
	})
	return rows, err
}

func anys[V any](values []V) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

func distinct[V comparable](values []V) []V {
	seen := make(map[V]bool, len(values))
	out := make([]V, 0, len(values))
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// pick gives one value of each row.
func pick[T, V any](rows []T, value func(*T) V) []V {
	out := make([]V, len(rows))
	for i := range rows {
		out[i] = value(&rows[i])
	}
	return out
}

// group sorts rows into lists by a key, keeping their order.
func group[T any, K comparable](rows []T, key func(*T) K) map[K][]T {
	out := make(map[K][]T, len(rows))
	for i := range rows {
		k := key(&rows[i])
		out[k] = append(out[k], rows[i])
	}
	return out
}

// index gives rows by a unique key.
func index[T any, K comparable](rows []T, key func(*T) K) map[K]T {
	out := make(map[K]T, len(rows))
	for i := range rows {
		out[key(&rows[i])] = rows[i]
	}
	return out
}

func ref[T any, K comparable](m map[K]T, key K) *T {
	if v, ok := m[key]; ok {
		return &v
	}
	return nil
}

var roleOrder = []models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleTechnical, models.RoleDeputy}

// sortContacts puts contacts in the order in which they are written to: owner, billing, technical, deputy; by ID within a role.
func sortContacts(contacts []models.Contact) {
	slices.SortStableFunc(contacts, func(a, b models.Contact) int {
		return cmp.Or(cmp.Compare(slices.Index(roleOrder, a.Role), slices.Index(roleOrder, b.Role)), cmp.Compare(a.ID, b.ID))
	})
}

// contactsOf loads the contacts of clients, by client, in the order in which they are written to.
func contactsOf(tx *gorm.DB, clientIDs []int64) (map[int64][]models.Contact, error) {
	rows, err := where[models.Contact](tx, "client_id", clientIDs, "id")
	if err != nil {
		return nil, err
	}
	by := group(rows, func(c *models.Contact) int64 { return c.ClientID })
	for _, contacts := range by {
		sortContacts(contacts)
	}
	return by, nil
}

// openCycles loads the open cycles of domains, by domain.
func openCycles(tx *gorm.DB, domainIDs []int64) (map[int64]models.Cycle, error) {
	rows, err := where[models.Cycle](tx, "domain_id", domainIDs, "id", "closed_at IS NULL")
	return index(rows, func(c *models.Cycle) int64 { return c.DomainID }), err
}

// latestAnswers loads, by cycle, the latest answer that was not withdrawn.
func latestAnswers(tx *gorm.DB, cycleIDs []int64) (map[int64]models.Answer, error) {
	rows, err := where[models.Answer](tx, "cycle_id", cycleIDs, "id", "withdrawn IS NULL")
	return index(rows, func(a *models.Answer) int64 { return a.CycleID }), err
}
