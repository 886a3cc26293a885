package portfolio

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/krestmarketing/deedwatch/models"
)

// RecordSheet is what a file of expected records came to.
type RecordSheet struct {
	Columns  []Column
	Groups   []DomainRecords // in the order of the file
	Errors   []RowError
	Header   []string   // the columns of Rejected
	Rejected []Rejected // the lines that can't be used

	table *table
	opts  Options
}

// DomainRecords are the expected records of one domain.
type DomainRecords struct {
	Domain  string // A-label
	Line    int    // of its first record
	Records []models.ExpectedRecord
	lines   []record
}

// Rejected is a line that can't be used, as the file has it, without what looks like a secret.
type Rejected struct {
	Line   int
	Given  []string
	Errors []RowError
}

// ReadRecords reads a file of expected records, one value a line. Lines of one host, type and matcher make one record with several values.
func ReadRecords(r io.Reader, opts Options) (RecordSheet, error) {
	t, err := openTable(r, recordColumns)
	if err != nil {
		return RecordSheet{}, err
	}
	sheet := RecordSheet{Columns: t.head, Header: t.givenHead(), table: t, opts: opts}
	checked, at := texts{secret: opts.Secret}, map[string]int{}
	for {
		rec, err := t.next()
		if errors.Is(err, io.EOF) {
			return sheet, nil
		}
		if err != nil {
			return sheet, err
		}
		var bad []RowError
		if rec.problem != "" {
			bad = []RowError{{Line: rec.line, Column: "row", Msg: rec.problem}}
		} else if bad = t.ragged(rec); len(bad) == 0 {
			var domain string
			var expected []models.ExpectedRecord
			if domain, expected, bad = parseRecord(rec.line, t.get(rec), &checked, opts); len(bad) == 0 {
				sheet.add(at, domain, expected, rec)
			}
		}
		if len(bad) > 0 {
			sheet.reject(rec, bad)
		}
	}
}

// Reject takes a domain's lines for unusable, for a reason that shows only later.
func (s *RecordSheet) Reject(g DomainRecords, column, msg string) {
	for _, rec := range g.lines {
		s.reject(rec, []RowError{{Line: rec.line, Column: column, Msg: msg}})
	}
}

func (s *RecordSheet) reject(rec record, bad []RowError) {
	s.Errors = append(s.Errors, bad...)
	s.Rejected = append(s.Rejected, Rejected{rec.line, s.table.given(rec, bad, s.opts.Secret), bad})
}

// add puts the records of a line with those of its domain; at says where they are.
func (s *RecordSheet) add(at map[string]int, domain string, records []models.ExpectedRecord, line record) {
	i, seen := at[domain]
	if !seen {
		i = len(s.Groups)
		at[domain] = i
		s.Groups = append(s.Groups, DomainRecords{Domain: domain, Line: line.line})
	}
	g := &s.Groups[i]
	line.cells = slices.Clone(line.cells)
	g.lines = append(g.lines, line)
	for _, rec := range records {
		g.add(rec)
	}
}

// add puts a record with the others: what is expected of one host, type and matcher is one set, but for parts of which each must be there.
func (g *DomainRecords) add(rec models.ExpectedRecord) {
	for j := range g.Records {
		have := &g.Records[j]
		switch {
		case have.Host != rec.Host || have.Type != rec.Type || have.Match != rec.Match:
		case rec.Match != models.MatchContains:
			for _, v := range rec.Values {
				if !slices.Contains(have.Values, v) {
					have.Values = append(have.Values, v)
				}
			}
			return
		case slices.Equal(have.Values, rec.Values):
			return
		}
	}
	g.Records = append(g.Records, rec)
}

func parseRecord(line int, get func(string) string, checked *texts, opts Options) (string, []models.ExpectedRecord, []RowError) {
	bad := checked.check(line, names(recordColumns), get)
	if len(bad) > 0 {
		return "", nil, bad
	}
	fail := func(column, msg string) { bad = append(bad, RowError{Line: line, Column: column, Msg: msg}) }
	name, err := opts.name(get("domain"))
	if err != nil {
		fail("domain", strings.TrimPrefix(err.Error(), "domain: "))
	}
	rec := models.ExpectedRecord{
		Host: RecordHost(belowGiven(get("host"), name), name.Registrable), Type: strings.ToUpper(get("type")), Match: models.Match(strings.ToLower(get("match"))),
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
	if get(connectionColumn) != "" {
		records := expand(rec, name.Registrable, get, opts, fail)
		return name.Registrable, records, bad
	}
	if get(variablesColumn) != "" {
		fail(variablesColumn, "belong to a connection, and the row names none; name it, or leave them out")
	}
	if rec.Match == "" {
		rec.Match = models.MatchExact
	}
	value, err := Value(rec.Type, rec.Match, get("value"), opts.Canonical)
	if err != nil {
		fail("value", err.Error())
	}
	rec.Values = []string{value}
	return name.Registrable, []models.ExpectedRecord{rec}, bad
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
	case models.MatchPattern: // as it stands: in a pattern, letters and dots mean something
		if text == "" {
			return "", models.Invalid("value", "is empty")
		}
		if _, err := regexp.Compile(text); err != nil {
			return "", models.Invalid("value", "is no pattern (RE2 syntax): %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		return text, nil
	case models.MatchPrefix, models.MatchSuffix:
		if rrtype != "TXT" {
			text = strings.ToLower(text)
		}
		if rrtype != "TXT" && match == models.MatchSuffix {
			text = strings.TrimSuffix(text, ".") // the root's; in a prefix the dot ends a label, or a part of an address
		}
		if text == "" {
			return "", models.Invalid("value", "is empty")
		}
		return text, nil
	}
	return "", models.Invalid("match", "must be exact, one_of, contains, prefix, suffix or pattern")
}

// RecordHost gives the absolute name of a host that is relative to its domain, or in full; "" when it is no name.
func RecordHost(host, domain string) string {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), "."), ".")
	for i, label := range labels {
		labels[i] = asciiLabel(label)
	}
	host = strings.Join(labels, ".")
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

// asciiLabel gives the A-label of a label that people write in their own script (RFC 5891); what is no such label stays as it is.
func asciiLabel(label string) string {
	if !strings.ContainsFunc(label, func(r rune) bool { return r > unicode.MaxASCII }) {
		return label
	}
	if ascii, err := idna.Lookup.ToASCII(label); err == nil {
		return ascii
	}
	return label
}
