package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
)

// planted is one registration of the measured world, and what must become known of it.
type planted struct {
	name      string
	expires   time.Time
	lifecycle models.Lifecycle
}

// plantedSuffixes are the registries of the measured world, one server each.
var plantedSuffixes = []struct{ name, kind string }{
	{"alpha", lab.KindRDAP},
	{"beta", lab.KindWHOIS},
	{"gamma", lab.KindRDAP},
	{"delta", lab.KindWHOIS},
	{"epsilon", lab.KindRDAP},
	{"zeta", lab.KindWHOIS},
	{"eta", lab.KindRDAP},
	{"theta", lab.KindWHOIS},
}

// plantAt says where in its life the n-th name stands: of a hundred, two are in redemption, three in grace, ten about to expire, and the
// rest far from it.
func plantAt(n int) (days int, l models.Lifecycle) {
	switch place := n / len(plantedSuffixes) % 100; {
	case place < 2:
		return -50, models.LifecycleRedemption
	case place < 5:
		return -10, models.LifecycleExpired
	case place < 15:
		return 3 + place, models.LifecycleExpiring
	default:
		return 70 + n%330, models.LifecycleRegistered
	}
}

// plantRegistrations describes a world of n names, spread evenly over the registries, and the truth about it. The same n and now give the
// same world.
func plantRegistrations(n int, now time.Time) (lab.World, []planted) {
	var w lab.World
	for _, s := range plantedSuffixes {
		w.TLDs = append(w.TLDs, lab.TLD{
			Name: s.name, RDAP: s.kind == lab.KindRDAP, WHOIS: s.kind == lab.KindWHOIS, PublishesExpiry: true, Lifecycle: lab.GTLDLifecycle(),
		})
	}
	today := now.UTC().Truncate(lab.Day).Add(11 * time.Hour)
	truth := make([]planted, n)
	w.Domains = make([]lab.Domain, n)
	for i := range n {
		days, l := plantAt(i)
		p := planted{fmt.Sprintf("name-%06d.%s", i, plantedSuffixes[i%len(plantedSuffixes)].name), today.AddDate(0, 0, days), l}
		truth[i] = p
		w.Domains[i] = lab.Domain{
			Name: p.name, Registrar: "Harbor Names", Created: p.expires.AddDate(-4, 0, 0), Updated: p.expires.AddDate(-1, 0, 0), Expires: p.expires,
			Statuses: []string{"clientTransferProhibited"},
		}
	}
	return w, truth
}

// plantedCSV streams names as a portfolio to import, twelve to a client.
func plantedCSV(names []planted) io.Reader {
	r, w := io.Pipe()
	go func() {
		sheet := csv.NewWriter(w)
		_ = sheet.Write([]string{"domain", "client", "owner_name", "owner_email"})
		for i, p := range names {
			client := fmt.Sprintf("%06d", i/12)
			if err := sheet.Write([]string{p.name, "Client " + client, "Olive Owner", "owner" + client + "@mail.example"}); err != nil {
				break // the reader went away
			}
		}
		sheet.Flush()
		_ = w.CloseWithError(sheet.Error())
	}()
	return r
}
