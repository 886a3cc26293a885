package dashboard

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// matrixView sets clients against platforms.
type matrixView struct {
	Columns []string
	Rows    []matrixRow
}

type matrixRow struct {
	Client, URL string
	Cells       []matrixCell
}

// matrixCell is what one client delegated on one platform; no URL: nothing is recorded.
type matrixCell struct {
	URL, Class string
	Mark       markView // of the grant that needs a person first
	Role       string
	More       string // further grants on the same platform
}

// matrixOther gathers the platforms that the catalogue does not know under one column, so that the table stays bounded.
const matrixOther = "Other"

// buildMatrix sets the grants of one page of clients against the platforms that occur among all.
func buildMatrix(match register, f accessForm) (*matrixView, *pagerView) {
	if len(match) == 0 {
		return nil, nil
	}
	type key struct {
		client int64
		column string
	}
	cells := map[key]register{}
	names, columns := map[int64]string{}, map[string]bool{}
	for _, i := range match {
		column := matrixOther
		if p, ok := catalog.FindPlatform(i.Platform); ok {
			column = p.Name
		}
		k := key{i.Grant.ClientID, column}
		cells[k] = append(cells[k], i)
		names[k.client], columns[column] = i.ClientName, true
	}
	clients := make([]int64, 0, len(names))
	for id := range names {
		clients = append(clients, id)
	}
	slices.SortFunc(clients, func(a, b int64) int { return cmp.Or(compareFold(names[a], names[b]), cmp.Compare(a, b)) })
	v := &matrixView{Columns: matrixColumns(columns)}
	from, to := f.cut(len(clients))
	for _, id := range clients[from:to] {
		row := matrixRow{Client: visible(names[id]), URL: "/clients/" + strconv.FormatInt(id, 10)}
		for _, column := range v.Columns {
			row.Cells = append(row.Cells, matrixCellOf(cells[key{id, column}], f))
		}
		v.Rows = append(v.Rows, row)
	}
	return v, f.pager(len(clients), plural(len(clients), "client"))
}

func matrixColumns(found map[string]bool) []string {
	var list []string
	for _, p := range catalog.Platforms() {
		if found[p.Name] {
			list = append(list, p.Name)
		}
	}
	if found[matrixOther] {
		list = append(list, matrixOther)
	}
	return list
}

// matrixCellOf words the grants of one cell by the one that needs a person first.
func matrixCellOf(items register, f accessForm) matrixCell {
	if len(items) == 0 {
		return matrixCell{}
	}
	slices.SortStableFunc(items, func(a, b grantItem) int { return cmp.Compare(rankOf(a.State), rankOf(b.State)) })
	first := &items[0]
	c := matrixCell{URL: grantURL(first.Grant.ID), Class: matrixClass(first.State), Mark: grantMark(first.State), Role: visible(first.Grant.Role)}
	if len(items) > 1 {
		c.More = "and " + strconv.Itoa(len(items)-1) + " more"
		c.URL = f.with(func(o *accessForm) {
			o.By, o.Client, o.Platform = byList, first.Grant.ClientID, first.Platform
			if slices.ContainsFunc(items, func(i grantItem) bool { return i.Platform != first.Platform }) {
				o.Platform = "" // several platforms under "Other"
			}
		})
	}
	return c
}

func matrixClass(s models.GrantState) string {
	switch s {
	case models.GrantReviewDue, models.GrantToRevoke, models.GrantAtRisk:
		return "c-due"
	case models.GrantRequested:
		return "c-req"
	case models.GrantGranted:
		return "c-gra"
	case models.GrantVerified, models.GrantRevoked, models.GrantDeclined:
		return ""
	}
	return "c-unk"
}
