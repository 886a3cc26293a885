package dashboard

import (
	"slices"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// horizonColumn is a month of the expiry horizon, or one of the columns beside the months: lapsed, later, no date.
type horizonColumn struct {
	Key   string // lapsed, m, later, unk: the class of the stylesheet
	Now   bool   // the current month
	Label string
	Sub   string
	Count int
	Tiles []horizonTile
	More  int // tiles that did not fit
	URL   string
}

// horizonTile is one domain.
type horizonTile struct {
	Name  nameView
	Pill  pillView
	Text  string // the day, or the year, or "ask"
	Title string
}

// maxTiles is how many tiles a column shows; with more, the last place is a link to the rest.
const maxTiles = 8

// horizon sorts the tiles into lapsed names, twelve months, what comes later, and names without a date.
func horizon(tiles []models.HorizonTile, d dates) []horizonColumn {
	now := d.now.In(d.loc)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, d.loc)
	cols := []horizonColumn{{Key: "lapsed", Label: "Lapsed", Sub: "past expiry", URL: "/domains?group=lapsed"}}
	for i := range 12 {
		m := first.AddDate(0, i, 0)
		c := horizonColumn{Key: "m", Now: i == 0, Label: m.Format("Jan"), URL: "/domains?sort=expires"}
		if i == 0 || m.Month() == time.January {
			c.Sub = m.Format("2006")
		}
		cols = append(cols, c)
	}
	end := first.AddDate(1, 0, 0)
	cols = append(cols,
		horizonColumn{Key: "later", Label: "Later", Sub: "after " + end.AddDate(0, -1, 0).Format("Jan"), URL: "/domains?sort=expires&dir=desc"},
		horizonColumn{Key: "unk", Label: "No date", URL: "/domains?days=none"})

	sorted := slices.Clone(tiles)
	slices.SortStableFunc(sorted, func(a, b models.HorizonTile) int {
		switch {
		case a.ExpiresAt == nil && b.ExpiresAt == nil:
			return 0
		case a.ExpiresAt == nil:
			return 1
		case b.ExpiresAt == nil:
			return -1
		}
		return a.ExpiresAt.Compare(*b.ExpiresAt)
	})
	for _, t := range sorted {
		c := &cols[columnOf(t, first, len(cols), d)]
		c.Count++
		if len(c.Tiles) < maxTiles {
			c.Tiles = append(c.Tiles, buildTile(t, c.Key, d))
		}
	}
	for i := range cols {
		if c := &cols[i]; c.Count > maxTiles {
			c.Tiles = c.Tiles[:maxTiles-1]
			c.More = c.Count - len(c.Tiles)
		}
	}
	return cols
}

// columnOf gives the index of a tile's column among n.
func columnOf(t models.HorizonTile, first time.Time, n int, d dates) int {
	switch {
	case t.Band.Group() == models.GroupLapsed:
		return 0
	case t.ExpiresAt == nil:
		return n - 1
	}
	if d.days(*t.ExpiresAt) < 0 { // on hold or unknown, with a date that has passed
		return 0
	}
	e := d.local(*t.ExpiresAt)
	months := (e.Year()-first.Year())*12 + int(e.Month()) - int(first.Month())
	if months >= 12 {
		return n - 2
	}
	return 1 + max(months, 0)
}

func buildTile(t models.HorizonTile, key string, d dates) horizonTile {
	tile := horizonTile{Name: nameOf(t.Name), Pill: pillOf(t.Band), Text: "ask"}
	tile.Title = tile.Name.Text
	if t.ExpiresAt != nil {
		e := d.local(*t.ExpiresAt)
		switch key {
		case "m":
			tile.Text = strconv.Itoa(e.Day())
		case "lapsed":
			tile.Text = e.Format("2 Jan")
		default:
			tile.Text = e.Format("2006")
		}
		tile.Title += ", " + d.day(*t.ExpiresAt) + ", " + relDays(d.days(*t.ExpiresAt))
	}
	tile.Title += ", " + tile.Pill.Word
	if t.Band.Group() == models.GroupUnsure && t.Band != models.BandOnHold {
		tile.Title += " (not confirmed)"
	}
	return tile
}
