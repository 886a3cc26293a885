package portfolio

import (
	"io"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// RecordColumns are the header names that ReadRecords knows; domain, type and value are needed. A host is relative to the domain ("www",
// "@") unless it ends in it.
var RecordColumns = []string{"domain", "host", "type", "match", "value", "purpose", "service", "essential"}

// RecordSheet is what a file of expected records came to.
type RecordSheet struct {
	Groups []DomainRecords // in the order of the file
	Errors []RowError
}

// DomainRecords are the expected records of one domain.
type DomainRecords struct {
	Domain  string // A-label
	Line    int    // of its first record
	Records []models.ExpectedRecord
}

// ReadRecords reads a file of expected records, one value a line. Lines of one host, type and matcher make one record with several values.
func ReadRecords(r io.Reader, opts Options) (RecordSheet, error) {
	t, err := openTable(r, RecordColumns, "domain", "type", "value")
	if err != nil {
		return RecordSheet{}, err
	}
	var sheet RecordSheet
	sheet.Errors, err = t.each(func(line int, get func(string) string) []RowError {
		domain, rec, bad := parseRecord(line, get, opts)
		if len(bad) == 0 {
			sheet.add(domain, line, rec)
		}
		return bad
	})
	return sheet, err
}

func (s *RecordSheet) add(domain string, line int, rec models.ExpectedRecord) {
	i := slices.IndexFunc(s.Groups, func(g DomainRecords) bool { return g.Domain == domain })
	if i < 0 {
		s.Groups = append(s.Groups, DomainRecords{Domain: domain, Line: line})
		i = len(s.Groups) - 1
	}
	g := &s.Groups[i]
	for j := range g.Records {
		if have := &g.Records[j]; have.Host == rec.Host && have.Type == rec.Type && have.Match == rec.Match && rec.Match != models.MatchContains {
			if !slices.Contains(have.Values, rec.Values[0]) {
				have.Values = append(have.Values, rec.Values[0])
			}
			return
		}
	}
	g.Records = append(g.Records, rec)
}

func parseRecord(line int, get func(string) string, opts Options) (string, models.ExpectedRecord, []RowError) {
	bad := checkTexts(line, RecordColumns, get, opts.Secret, "domain", "host", "value")
	if len(bad) > 0 {
		return "", models.ExpectedRecord{}, bad
	}
	fail := func(column, msg string) { bad = append(bad, RowError{line, column, msg}) }
	name, err := catalog.ParseName(get("domain"))
	if err != nil {
		fail("domain", strings.TrimPrefix(err.Error(), "domain: "))
	}
	rec := models.ExpectedRecord{
		Host: RecordHost(get("host"), name.Registrable), Type: strings.ToUpper(get("type")), Match: models.Match(strings.ToLower(get("match"))),
		Purpose: get("purpose"), Service: get("service"), Essential: true, State: models.RecordUnknown,
	}
	switch strings.ToLower(get("essential")) {
	case "", "yes", "true", "1":
	case "no", "false", "0":
		rec.Essential = false
	default:
		fail("essential", "must be yes or no, or empty for yes")
	}
	if rec.Host == "" {
		fail("host", "is no host name below the domain; write it like www, @ for the domain itself, or in full")
	}
	if rec.Match == "" {
		rec.Match = models.MatchExact
	}
	value, err := Value(rec.Type, rec.Match, get("value"), opts.Canonical)
	if err != nil {
		fail("value", err.Error())
	}
	rec.Values = []string{value}
	return name.Registrable, rec, bad
}

// Value gives the form in which an expected value is kept: canonical where it is a whole value, as it stands where it is a part or a pattern.
func Value(rrtype string, match models.Match, text string, canonical func(rrtype, text string) (string, error)) (string, error) {
	switch match {
	case models.MatchExact, models.MatchOneOf:
		return canonical(rrtype, text)
	case models.MatchContains:
		if rrtype == "TXT" && text != "" {
			return text, nil
		}
		return canonical(rrtype, text)
	case models.MatchPrefix, models.MatchSuffix, models.MatchPattern:
		if text == "" {
			return "", models.Invalid("value", "is empty")
		}
		if rrtype != "TXT" {
			text = strings.TrimSuffix(strings.ToLower(text), ".")
		}
		return text, nil
	}
	return "", models.Invalid("match", "must be exact, one_of, contains, prefix, suffix or pattern")
}

// RecordHost gives the absolute name of a host that is relative to its domain, or in full; "" when it is no name.
func RecordHost(host, domain string) string {
	host = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	switch {
	case domain == "":
		return "?" // the domain is refused already
	case host == "" || host == "@" || host == domain:
		return domain
	case !strings.HasSuffix(host, "."+domain):
		host += "." + domain
	}
	if len(host) > 253 {
		return ""
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_*") != "" {
			return ""
		}
	}
	return host
}
