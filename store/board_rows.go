package store

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// orderTerm is one key to sort by.
type orderTerm struct {
	sql   string
	turns bool // whether the reader's wish for a descending order turns it
}

// boardOrder gives the order of a board. Names without a value to sort by stand last either way; those never checked count as checked
// longest ago. By records, the name with the most broken ones comes first.
func boardOrder(q *models.BoardQuery, rank expression) clause.OrderBy {
	byDate := []orderTerm{{"domains.expires_at IS NULL", false}, {"domains.expires_at", true}}
	var terms []orderTerm
	var args []any
	switch q.Sort {
	case "domain":
		terms = []orderTerm{{"domains.name", true}}
	case "client":
		terms = []orderTerm{{"LOWER(clients.name)", true}, {"clients.name", true}}
	case "expires":
		terms = byDate
	case "registrar":
		terms = []orderTerm{{"domains.registrar = ''", false}, {"LOWER(domains.registrar)", true}}
	case "records":
		terms = []orderTerm{{"-" + brokenRecords, true}, {"-domains.records_total", true}}
	case "checked":
		terms = []orderTerm{{"domains.checked_at IS NOT NULL", true}, {"domains.checked_at", true}}
	default:
		terms = append([]orderTerm{{rank.sql, true}}, byDate...)
		args = rank.args
	}
	terms = append(terms, orderTerm{"domains.name", false}, orderTerm{"domains.id", false})
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.sql
		if t.turns && q.Desc {
			parts[i] += " DESC"
		}
	}
	return clause.OrderBy{Expression: clause.Expr{SQL: strings.Join(parts, ", "), Vars: args, WithoutParentheses: true}}
}

// sortClients puts clients in the order of their names, without regard to case.
func sortClients(clients []models.Client) {
	slices.SortFunc(clients, func(a, b models.Client) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name))
	})
}

// boardRows gives the lines of domains, in the same order.
func boardRows(tx *gorm.DB, domains []models.Domain, now time.Time, loc *time.Location) ([]models.BoardRow, error) {
	clientIDs := pick(domains, func(d *models.Domain) int64 { return d.ClientID })
	clients, err := where[models.Client](tx, "id", clientIDs, "id")
	if err != nil {
		return nil, err
	}
	bad, err := where[models.Contact](tx, "client_id", clientIDs, "id", "role = ? AND email_state = ?", models.RoleOwner, models.EmailBad)
	if err != nil {
		return nil, err
	}
	cycles, err := openCycles(tx, pick(domains, func(d *models.Domain) int64 { return d.ID }))
	if err != nil {
		return nil, err
	}
	cycleIDs := make([]int64, 0, len(cycles))
	for _, c := range cycles {
		cycleIDs = append(cycleIDs, c.ID)
	}
	answers, err := latestAnswers(tx, cycleIDs)
	if err != nil {
		return nil, err
	}
	notices, err := lastNotices(tx, cycleIDs)
	if err != nil {
		return nil, err
	}
	clientBy := index(clients, func(c *models.Client) int64 { return c.ID })
	badBy := group(bad, func(c *models.Contact) int64 { return c.ClientID })
	rows := make([]models.BoardRow, len(domains))
	for i := range domains {
		d := &domains[i]
		rows[i] = models.BoardRow{Domain: *d, ClientName: clientBy[d.ClientID].Name, Band: models.BandOf(d, now, loc), Bounced: len(badBy[d.ClientID]) > 0}
		if c, isOpen := cycles[d.ID]; isOpen {
			rows[i].Answer, rows[i].LastNotice = ref(answers, c.ID), ref(notices, c.ID)
		}
	}
	return rows, nil
}

// lastNotices gives, by cycle, the latest e-mail notice that was sent, was refused or is on its way.
func lastNotices(tx *gorm.DB, cycleIDs []int64) (map[int64]models.Notice, error) {
	rows, err := where[models.Notice](tx, "cycle_id", cycleIDs, "COALESCE(sent_at, updated_at), id", "channel = ? AND state IN ?",
		models.ChannelEmail, []models.NoticeState{models.NoticeSent, models.NoticeFailed, models.NoticeMailed})
	return index(rows, func(n *models.Notice) int64 { return n.CycleID }), err
}
