package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Board gives one page of the expiry board. Filtering, sorting and paging happen in the database; equal rows stand by name.
func (s *Store) Board(ctx context.Context, q models.BoardQuery) (b models.Board, err error) {
	if q.Loc == nil {
		q.Loc = time.UTC
	}
	err = s.read(ctx, "board", func(tx *gorm.DB) error {
		rank := bandRank(q.Now, q.Loc)
		if b, err = boardCounts(tx, rank); err != nil {
			return err
		}
		matching := boardFilter(tx, &q, &b, rank)
		var count int64
		if err := matching.Session(&gorm.Session{}).Count(&count).Error; err != nil {
			return err
		}
		b.Matching = int(count)
		var domains []models.Domain
		page := matching.Session(&gorm.Session{}).Select("domains.*").Order(boardOrder(&q, rank))
		if q.PerPage > 0 {
			page = page.Limit(q.PerPage).Offset((max(q.Page, 1) - 1) * q.PerPage)
		}
		if err := page.Find(&domains).Error; err != nil {
			return err
		}
		b.Rows, err = boardRows(tx, domains, q.Now, q.Loc)
		return err
	})
	return b, err
}

// boardFilter narrows the domains to those that a query asks for. Texts are compared without regard to case: names are lower-case as they
// are, and the clients and registrars, of which there are few, are compared here, since the engines disagree on letters beyond ASCII.
func boardFilter(tx *gorm.DB, q *models.BoardQuery, b *models.Board, rank expression) *gorm.DB {
	m := tx.Model(&models.Domain{}).Scopes(watched).Joins("JOIN clients ON clients.id = domains.client_id")
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		var clients []int64
		for i := range b.ClientList {
			if strings.Contains(strings.ToLower(b.ClientList[i].Name), text) {
				clients = append(clients, b.ClientList[i].ID)
			}
		}
		var registrars []string
		for _, r := range b.Registrars {
			if strings.Contains(strings.ToLower(r), text) {
				registrars = append(registrars, r)
			}
		}
		m = m.Where(`(domains.name LIKE ? ESCAPE '\' OR domains.client_id IN ? OR domains.registrar IN ?)`,
			"%"+likeEscaper.Replace(text)+"%", clients, registrars)
	}
	if q.Band != "" {
		m = m.Where(rank.sql+" = ?", append(slices.Clip(rank.args), rankOf(q.Band))...)
	}
	if q.Group != "" {
		m = m.Where(rank.sql+" IN ?", append(slices.Clip(rank.args), ranksOf(q.Group))...)
	}
	if q.ClientID != 0 {
		m = m.Where("domains.client_id = ?", q.ClientID)
	}
	if q.Registrar != "" {
		m = m.Where("domains.registrar = ?", q.Registrar)
	}
	if q.MaxDays != nil {
		y, mon, d := q.Now.In(q.Loc).Date()
		m = m.Where("domains.expires_at < ?", time.Date(y, mon, d+*q.MaxDays+1, 0, 0, 0, 0, q.Loc))
	}
	if q.NoDate {
		m = m.Where("domains.expires_at IS NULL")
	}
	if q.Records == "broken" {
		m = m.Where(brokenRecords + " > 0")
	}
	if q.Answer == "none" {
		m = m.Where("domains.id IN (" + unansweredDomains + ")")
	}
	return m
}

// likeEscaper takes the wildcards of LIKE literally, under ESCAPE '\'.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// boardCounts gives the figures over all names under watch, and the lists to filter by.
func boardCounts(tx *gorm.DB, rank expression) (models.Board, error) {
	b := models.Board{Groups: map[models.Group]int{}, Bands: map[models.Band]int{}}
	var counts []struct{ Place, Names, Broken, Unanswered int }
	err := tx.Raw(`SELECT place, COUNT(*) AS names, SUM(broken) AS broken, SUM(unanswered) AS unanswered FROM (
		SELECT `+rank.sql+` AS place, CASE WHEN `+brokenRecords+` > 0 THEN 1 ELSE 0 END AS broken,
			CASE WHEN domains.id IN (`+unansweredDomains+`) THEN 1 ELSE 0 END AS unanswered
		FROM domains WHERE domains.archived_at IS NULL) AS ranked GROUP BY place`, rank.args...).Scan(&counts).Error
	if err != nil {
		return b, err
	}
	bands := models.Bands()
	for _, c := range counts {
		b.Bands[bands[c.Place]] += c.Names
		b.Groups[bands[c.Place].Group()] += c.Names
		b.Total += c.Names
		b.Broken += c.Broken
		b.Unanswered += c.Unanswered
	}
	err = tx.Model(&models.Domain{}).Scopes(watched).Where("registrar <> ''").Distinct().Order("registrar").Pluck("registrar", &b.Registrars).Error
	if err != nil {
		return b, err
	}
	err = tx.Where("id IN (SELECT client_id FROM domains WHERE archived_at IS NULL)").Find(&b.ClientList).Error
	sortClients(b.ClientList)
	b.Clients = len(b.ClientList)
	return b, err
}
