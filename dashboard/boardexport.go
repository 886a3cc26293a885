package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/models/sheet"
)

// BoardReader reads the whole board that a query asks for, batch by batch and from one snapshot.
type BoardReader interface {
	EachBoardRow(ctx context.Context, q models.BoardQuery, fn func([]models.BoardRow) error) error
}

// BoardExport is the board as a table, the same whether a page or a command asks for it.
type BoardExport struct {
	Store BoardReader
	Now   time.Time
	Zone  *time.Location
}

// boardColumns are what the board shows, each date also in a form that sorts.
var boardColumns = sheet.Titled(
	"Domain", "Domain (ASCII)", "Client", "State", "Expires", "Expires in", "Expires (ISO)", "Note", "Date from", "Date as of (ISO)", "Registrar", "Auto-renew stated",
	"DNS records", "DNS checked (ISO)", "Answer", "Last notice", "Checked", "Checked how", "Confirmed (ISO)", "Last look (ISO)", "Out of date",
)

// Write writes every row that the board's address asks for, whatever its page, in its order and its words.
func (e BoardExport) Write(ctx context.Context, address url.Values, w io.Writer, format string) error {
	table, err := sheet.NewTable(w, format, "domains", e.Now, boardColumns)
	if err != nil {
		return err
	}
	d := dates{now: e.Now, loc: e.Zone}
	err = e.Store.EachBoardRow(ctx, parseBoard(address).query(e.Now, e.Zone), func(rows []models.BoardRow) error {
		for i := range rows {
			if err := table.Write(boardCells(&rows[i], d)...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("export the board: %w", err)
	}
	return table.Close()
}

// boardCells words one row, as the page does.
func boardCells(row *models.BoardRow, d dates) []string {
	v, dom := buildRow(row, d), &row.Domain
	expires, in, iso := v.NoDate, "", ""
	if v.When != nil {
		expires, in, iso = v.When.Day, v.When.Rel, v.When.ISO
	}
	from := ""
	if dom.ExpiresAt != nil {
		from = sourceWords(dom.ExpirySource)
	}
	old := "no"
	if v.Old {
		old = "yes"
	}
	return []string{
		v.Name.Text, v.Name.ASCII, v.Client, v.Pill.Word, expires, in, iso, v.Note, from, d.isoOrNone(dom.ExpiryAsOf), v.Registrar, v.AutoRenew,
		v.Records.Word, d.isoOrNone(dom.DNSCheckedAt), v.Answer.Word, v.Notice, v.Checked, v.CheckedHow, d.isoOrNone(dom.SeenAt), d.isoOrNone(dom.CheckedAt), old,
	}
}

// isoOrNone is iso for what may not have happened.
func (d dates) isoOrNone(t *time.Time) string {
	if t == nil {
		return ""
	}
	return d.iso(*t)
}

// csvURL is the address of the same rows as a table.
func (f boardForm) csvURL() string {
	f.Page, f.All, f.SelectAll = 1, false, false
	return strings.Replace(f.url(), "/domains", "/domains.csv", 1)
}

// ParseBoardFilter reads what somebody gives as the board's filter: the address of the page, or the part behind its question mark. Unlike
// the page, which leaves out what it does not know, it refuses: an export that is wider than asked for would not show it.
func ParseBoardFilter(s string) (url.Values, error) {
	if u, err := url.Parse(s); err == nil && (u.Scheme != "" || strings.HasPrefix(s, "/")) {
		s = u.RawQuery
	}
	given, err := url.ParseQuery(strings.TrimPrefix(s, "?"))
	if err != nil {
		return nil, models.Invalid("filter", "is not written like the address of the board: group=soon&sort=expires")
	}
	u, err := url.Parse(parseBoard(given).url())
	if err != nil {
		return nil, errors.Join(models.ErrInvalid, err)
	}
	understood := u.Query()
	for key, values := range given {
		if len(values) == 1 && boardKnows(key, values[0], understood.Get(key)) {
			continue
		}
		return nil, models.Invalid("filter", "has %q, which the board does not know, with a value that it does not know, or twice; copy the address of the page", key)
	}
	return given, nil
}

// boardKnows reports whether the board knows a key of its address with that value. What it understood is nothing for a default, and for
// what says which page is shown.
func boardKnows(key, given, understood string) bool {
	switch key {
	case "page", "per", "select":
		return true
	case "sort":
		return given == understood || given == "state" || given == ""
	case "dir":
		return given == understood || given == "asc" || given == ""
	case "q", "registrar":
		return strings.TrimSpace(given) == understood
	case "state", "group", "client", "days", "records", "answer":
		return given == understood
	}
	return false
}
