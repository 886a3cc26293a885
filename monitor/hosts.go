package monitor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// CodeHostFailing is the finding that a whole DNS host is down. It is judged over all domains, not by the look at one.
const CodeHostFailing = "dnshost_failing"

const (
	hostTitle = "A DNS host is down"
	hostNext  = "Look at the DNS host's status page, or ask it when its servers are back. Nothing has to be changed at the names; they are looked at again by themselves."
	// hostFailsFor is how many names must fail before their common host is the cause.
	hostFailsFor = 3
	hostShown    = 8 // names in the words
)

// SweepHosts folds the names whose servers all fail under one finding on their DNS host, where none of its other names was found to answer
// since, and takes that back in one go when one does.
func (m *Monitor) SweepHosts(ctx context.Context) error {
	zones, err := m.o.Store.SilentZones(ctx, []string{CodeZoneUnreachable, codeAllFailing, CodeHostFailing})
	if err != nil {
		return fmt.Errorf("zones without an answer: %w", err)
	}
	now := m.o.Now()
	alive := map[string]bool{}
	for host, since := range failingHosts(zones) {
		peers, err := m.o.Store.AnsweringNS(ctx, hostWord(host), since)
		if err != nil {
			return fmt.Errorf("names that answer at %s: %w", host, err)
		}
		alive[host] = slices.ContainsFunc(peers, func(ns []string) bool { return hostOf(ns) == host })
	}
	if changes := JudgeHosts(zones, alive, now); len(changes) > 0 {
		if err := m.o.Store.RecordFindings(ctx, changes, now); err != nil {
			return fmt.Errorf("record failing hosts: %w", err)
		}
	}
	return nil
}

// hostOf names the operator of a set of name servers: the registrable domain that all of them lie in; where such domains are numbered or
// differ in their suffix only (awsdns-01.com, awsdns-02.net), the word that they have in common. Empty: several operators, or none known.
func hostOf(ns []string) string {
	host := ""
	for i, name := range ns {
		n, err := catalog.ParseName(name)
		if err != nil {
			return ""
		}
		word := hostWord(n.Registrable)
		this := n.Registrable
		if !strings.HasPrefix(this, word+".") {
			this = word // numbered
		}
		switch {
		case i == 0:
			host = this
		case hostWord(host) != word:
			return ""
		case host != this:
			host = word
		}
	}
	return host
}

// hostWord gives the first label of a domain without the number at its end.
func hostWord(domain string) string {
	label, _, _ := strings.Cut(domain, ".")
	return strings.TrimRight(label, "-0123456789")
}

// failing gives since when a zone is known to have no server that answers; nil: it has.
func failing(z models.SilentZone) *time.Time {
	var since *time.Time
	for i := range z.Findings {
		f := &z.Findings[i]
		if (f.Code == CodeZoneUnreachable || f.Code == codeAllFailing) && (since == nil || f.OpenedAt.Before(*since)) {
			since = &f.OpenedAt
		}
	}
	return since
}

// failingHosts gives the hosts of enough failing zones, and since when the first of these fails.
func failingHosts(zones []models.SilentZone) map[string]time.Time {
	since, count := map[string]time.Time{}, map[string]int{}
	for _, z := range zones {
		host, at := hostOf(z.NS), failing(z)
		if host == "" || at == nil {
			continue
		}
		if first, ok := since[host]; !ok || at.Before(first) {
			since[host] = *at
		}
		count[host]++
	}
	for host, n := range count {
		if n < hostFailsFor {
			delete(since, host)
		}
	}
	return since
}

// JudgeHosts says which hosts are down, and what that changes: one name carries the finding for all, on the others it is folded under
// itself, and what is wrong with the DNS of each is folded under it. When the host is no longer down, all of this is taken back: what is
// still wrong then stands for itself. alive holds the hosts of which another name answers. It is a pure function of its arguments.
func JudgeHosts(zones []models.SilentZone, alive map[string]bool, now time.Time) []models.FindingChange {
	down := map[string][]models.SilentZone{}
	candidates := failingHosts(zones)
	var out []models.FindingChange
	for _, z := range zones {
		host := hostOf(z.NS)
		if _, ok := candidates[host]; ok && !alive[host] && failing(z) != nil {
			down[host] = append(down[host], z)
			continue
		}
		out = append(out, upAgain(z, "", now)...)
	}
	hosts := make([]string, 0, len(down))
	for host := range down {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	for _, host := range hosts {
		out = append(out, hostDown(host, down[host], now)...)
	}
	return out
}

// upAgain resolves a zone's findings on hosts, but for one, and lets stand for itself what was folded under them.
func upAgain(z models.SilentZone, except string, now time.Time) []models.FindingChange {
	var out []models.FindingChange
	for _, f := range z.Findings {
		switch {
		case f.Code == CodeHostFailing && f.Subject != except:
			f.State, f.ResolvedAt, f.SnoozedUntil = models.FindingResolved, new(now), nil
			out = append(out, models.FindingChange{Kind: models.FindingGone, Finding: f})
		case f.Code != CodeHostFailing && f.CauseCode == CodeHostFailing && except == "":
			f.CauseCode = ""
			out = append(out, models.FindingChange{Kind: models.FindingSeen, Finding: f})
		}
	}
	return out
}

func hostDown(host string, zones []models.SilentZone, now time.Time) []models.FindingChange {
	slices.SortFunc(zones, func(a, b models.SilentZone) int { return strings.Compare(a.Domain, b.Domain) })
	carrier := 0
	names := make([]string, 0, len(zones))
	for i, z := range zones {
		names = append(names, z.Domain)
		if f := hostFinding(z, host); f != nil && f.CauseCode == "" {
			carrier = i
		}
	}
	v := models.Verdict{
		Code: CodeHostFailing, Subject: host, Severity: models.SeverityCritical, Title: fmt.Sprintf("%s: %s, %d names", hostTitle, host, len(zones)),
		Detail:   fmt.Sprintf("No server of %s answers for any of the %d names whose servers it runs: %s. It is on the DNS host's side.", host, len(zones), listed(names)),
		NextStep: hostNext, Reason: CodeHostFailing,
	}
	var out []models.FindingChange
	for i, z := range zones {
		v.CauseCode = CodeHostFailing
		if i == carrier {
			v.CauseCode = ""
		}
		out = append(out, upAgain(z, host, now)...)
		if f := hostFinding(z, host); f == nil {
			c := opened(v, now)
			c.Finding.DomainID = z.DomainID
			out = append(out, c)
		} else if f.Title != v.Title || f.Detail != v.Detail || f.CauseCode != v.CauseCode {
			out = append(out, again(*f, v, now))
		}
		for _, f := range z.Findings {
			if f.CauseCode == "" && ofDNS(f.Code) {
				f.CauseCode = CodeHostFailing
				out = append(out, models.FindingChange{Kind: models.FindingSeen, Finding: f})
			}
		}
	}
	return out
}

func hostFinding(z models.SilentZone, host string) *models.Finding {
	i := slices.IndexFunc(z.Findings, func(f models.Finding) bool { return f.Code == CodeHostFailing && f.Subject == host })
	if i < 0 {
		return nil
	}
	return &z.Findings[i]
}

// ofDNS reports whether a code speaks of the delegation or a record.
func ofDNS(code string) bool {
	return code == CodeZoneUnreachable || strings.HasPrefix(code, problemPrefix) || strings.HasPrefix(code, recordPrefix)
}

func listed(names []string) string {
	if len(names) <= hostShown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:hostShown], ", "), len(names)-hostShown)
}
