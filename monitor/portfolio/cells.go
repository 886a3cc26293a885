package portfolio

import (
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Cells gives a row as the cells of Columns, of which reading makes the same row again.
func Cells(row *models.PortfolioRow) []string {
	var owner, deputy models.Contact
	for _, c := range row.Contacts {
		switch c.Role {
		case models.RoleOwner:
			owner = c
		case models.RoleDeputy:
			deputy = c
		default: // the file has no columns for others
		}
	}
	expiry := ""
	if row.AttestedExpiry != nil {
		expiry = row.AttestedExpiry.UTC().Format(time.DateOnly)
	}
	return []string{
		row.Domain, row.Client, owner.Name, owner.Email, owner.Phone, deputy.Name, deputy.Email, deputy.Phone,
		strings.Join(row.Services, ";"), string(row.AutoRenew), expiry, row.TimeZone, row.Language,
	}
}

// RecordCells gives an expected record as the cells of RecordColumns, one line for each of its values.
func RecordCells(domain string, rec *models.ExpectedRecord) [][]string {
	essential := "yes"
	if !rec.Essential {
		essential = "no"
	}
	lines := make([][]string, len(rec.Values))
	for i, value := range rec.Values {
		lines[i] = []string{domain, rec.Host, rec.Type, string(rec.Match), value, rec.Purpose, rec.Service, essential}
	}
	return lines
}
