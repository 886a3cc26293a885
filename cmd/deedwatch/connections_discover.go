package main

import (
	"context"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/models"
)

// questionsAtOnce bounds one look, well below the questions that a look may put to all servers of a zone together.
const questionsAtOnce = 40

// notThere is a value that no record has. With it a look brings home what is there in place of it, and follows no target.
const notThere = "deedwatch asks what is here"

type connectionsDiscoverCmd struct {
	Name  string   `arg:"" help:"Domain to look at; a URL or an address will do."`
	Hosts []string `name:"host" help:"Further hosts below the domain to ask for, like shop or news. Nobody can list a zone." placeholder:"HOST"`
	JSON  bool     `name:"json" help:"Print one JSON document."`
}

// Run asks the domain's own servers. It exits 3 when some question had no answer.
func (c *connectionsDiscoverCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	catalogue, err := loadCatalogue(cfg)
	if err != nil {
		return err
	}
	reader, err := newNames(cfg)
	if err != nil {
		return err
	}
	names, err := parseNames([]string{c.Name}, reader)
	if err != nil {
		return err
	}
	domain := names[0].Registrable
	hosts := c.Hosts
	if below := strings.TrimSuffix(names[0].Host, "."+domain); names[0].Host != domain {
		hosts = append(hosts, below)
	}
	l, err := newLooks(cfg, time.Now, log)
	if err != nil {
		return err
	}
	zone := askZone(ctx, l.dns, domain, catalogue.Questions(hosts...))
	doc := newDiscoverDoc(catalogue, domain, zone)
	if c.JSON {
		err = printJSON(s.out, doc)
	} else {
		err = doc.print(s.out)
	}
	if err == nil && (!zone.outcome.Answered() || len(zone.unanswered) > 0) {
		err = &exitError{code: exitNoLook}
	}
	return err
}

// looker is the prober, as far as it is needed here.
type looker interface {
	Look(ctx context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook
}

// seenZone is what the servers of a domain answered to the questions.
type seenZone struct {
	outcome    models.Outcome
	detail     string
	asked      int
	records    []services.ZoneRecord
	unanswered []questionDoc
}

// askZone puts the questions to every server of the domain; what any of them answers counts.
func askZone(ctx context.Context, prober looker, domain string, questions []services.Question) seenZone {
	var zone seenZone
	for chunk := range slices.Chunk(questions, questionsAtOnce) {
		expected := make([]models.ExpectedRecord, len(chunk))
		for i, q := range chunk {
			host := q.Name + "." + domain
			if q.Name == "@" {
				host = domain
			}
			expected[i] = models.ExpectedRecord{Host: host, Type: q.Type, Match: models.MatchPrefix, Values: []string{notThere}}
		}
		look := prober.Look(ctx, domain, expected)
		zone.outcome, zone.detail = look.Outcome, look.Detail
		if look.Outcome != models.OutcomeOK {
			break
		}
		zone.asked += len(chunk)
		for i, r := range look.Records {
			zone.take(chunk[i], r)
		}
	}
	return zone
}

// take adds what was answered to one question. What a wildcard answers to any name shows no connection, and neither do the addresses that a
// name has where an alias was asked for.
func (z *seenZone) take(q services.Question, r models.RecordLook) {
	values, answered := map[string]bool{}, false
	for _, answers := range r.Seen {
		for _, v := range answers {
			switch {
			case v == "<NODATA>" || v == "<NXDOMAIN>":
				answered = true
			case strings.HasPrefix(v, "<") && strings.HasSuffix(v, ">"): // why there is no answer
			default:
				answered = true
				if _, err := netip.ParseAddr(v); err != nil || q.Type != "CNAME" {
					values[v] = true
				}
			}
		}
	}
	switch {
	case !answered:
		z.unanswered = append(z.unanswered, questionDoc{q.Name, q.Type, r.Detail})
		return
	case r.State == models.RecordShadowed:
		return
	}
	for _, v := range slices.Sorted(maps.Keys(values)) {
		z.records = append(z.records, zoneRecord(q, v))
	}
}

// zoneRecord reads a canonical value.
func zoneRecord(q services.Question, value string) services.ZoneRecord {
	r := services.ZoneRecord{Type: q.Type, Name: q.Name, Data: value}
	fields := strings.Fields(value)
	number := func(i int) *services.Number { return new(services.Number(fields[i])) }
	switch {
	case q.Type == "MX" && len(fields) == 2:
		r.Priority, r.Data = number(0), fields[1]
	case q.Type == "SRV" && len(fields) == 4:
		r.Priority, r.Weight, r.Port, r.Data = number(0), number(1), number(2), fields[3]
	}
	return r
}

// discoverDoc is what a domain points to, as a JSON document.
type discoverDoc struct {
	Domain     string        `json:"domain"`
	Outcome    string        `json:"outcome"`
	Detail     string        `json:"detail"`
	Asked      int           `json:"asked"`
	Unanswered []questionDoc `json:"unanswered"`
	Services   []foundDoc    `json:"services"`
}

type questionDoc struct {
	Host   string `json:"host"`
	Type   string `json:"type"`
	Detail string `json:"detail"`
}

type foundDoc struct {
	Code      string                `json:"code"`
	Name      string                `json:"name"`
	Needs     []string              `json:"needs"`
	Breaks    string                `json:"breaks"`
	Also      []string              `json:"also"`
	Host      string                `json:"host"`
	Complete  bool                  `json:"complete"`
	Variables map[string]string     `json:"variables"`
	Records   []services.ZoneRecord `json:"records"`
	Missing   []services.ZoneRecord `json:"missing"`
	Unsure    []services.ZoneRecord `json:"unsure"`
}

func newDiscoverDoc(c *services.Catalogue, domain string, z seenZone) discoverDoc {
	doc := discoverDoc{
		Domain: domain, Outcome: string(z.outcome), Detail: z.detail, Asked: z.asked, Unanswered: append([]questionDoc{}, z.unanswered...), Services: []foundDoc{},
	}
	for _, f := range services.Discover(c, domain, z.records) {
		n := &f.Service.Notes
		doc.Services = append(doc.Services, foundDoc{
			Code: n.Code, Name: f.Service.Title(), Needs: list(n.Needs), Breaks: n.Breaks, Also: list(f.Also), Host: f.Host, Complete: f.Complete(), Variables: f.Variables,
			Records: append([]services.ZoneRecord{}, f.Records...), Missing: append([]services.ZoneRecord{}, f.Missing...), Unsure: append([]services.ZoneRecord{}, f.Unsure...),
		})
	}
	return doc
}

func (d *discoverDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("%s: %s, %d questions, %d without an answer", d.Domain, d.Outcome, d.Asked, len(d.Unanswered))
	for _, f := range d.Services {
		say.line("  %s at %s: %s", f.Code, f.Host, f.Name)
		for _, part := range []struct {
			label   string
			records []services.ZoneRecord
		}{{"", f.Records}, {"missing: ", f.Missing}, {"not told apart: ", f.Unsure}} {
			for _, r := range part.records {
				say.line("    %s%s %s %s", part.label, r.Name, r.Type, r.Data)
			}
		}
	}
	if len(d.Services) == 0 && d.Asked > 0 {
		say.line("  none of the known services, at the names that were asked for")
	}
	return say.err
}
