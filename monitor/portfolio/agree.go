package portfolio

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// agreement holds what the lines so far said, so that none contradicts another: otherwise the last line would win, and importing the file
// again would change things back and forth. It keeps hashes, not texts: some 150 bytes a line.
type agreement struct {
	seed    maphash.Seed
	domains map[string]int // → line
	clients map[uint64]*statements
	people  map[[2]uint64]*statements // by client and address
}

// statements are what was said of a client or of a person, each with the line that said it first.
type statements [3]struct {
	hash uint64
	line int
}

func newAgreement() *agreement {
	return &agreement{seed: maphash.MakeSeed(), domains: map[string]int{}, clients: map[uint64]*statements{}, people: map[[2]uint64]*statements{}}
}

// check names what a row says otherwise than the lines before it. Only a row that agrees is remembered.
func (a *agreement) check(row *models.PortfolioRow) []RowError {
	if earlier, dup := a.domains[row.Domain]; dup {
		return []RowError{{Line: row.Line, Column: "domain", Msg: fmt.Sprintf("is the same registered name, %s, as line %d; remove one of the two", row.Domain, earlier)}}
	}
	var bad []RowError
	compare := func(s *statements, i int, said, column, msg string) {
		if said != "" && s != nil && s[i].line != 0 && s[i].hash != a.hash(said) {
			bad = append(bad, RowError{Line: row.Line, Column: column, Msg: fmt.Sprintf(msg, s[i].line)})
		}
	}
	key := a.hash(row.Client)
	client := a.clients[key]
	compare(client, 0, row.TimeZone, "time_zone", "is another one than on line %d, and a client has one; write the same on both, or on one only")
	compare(client, 1, row.Language, "language", "is another one than on line %d, and a client has one; write the same on both, or on one only")
	for i := range row.Contacts {
		c := &row.Contacts[i]
		p, person := string(c.Role), a.people[[2]uint64{key, a.hash(c.Email)}]
		compare(person, 0, c.Name, p+"_name", "is another one than on line %d for the same address; write the same on both, or on one only")
		compare(person, 1, c.Phone, p+"_phone", "is another one than on line %d for the same address; write the same on both, or on one only")
		compare(person, 2, p, p+"_email", "has the other part, owner or deputy, on line %d, and a person has one at a client; choose one")
	}
	if len(bad) == 0 {
		a.remember(row, key)
	}
	return bad
}

func (a *agreement) remember(row *models.PortfolioRow, key uint64) {
	a.domains[strings.Clone(row.Domain)] = row.Line
	client := a.clients[key]
	if client == nil {
		client = &statements{}
		a.clients[key] = client
	}
	a.note(client, row.Line, row.TimeZone, row.Language)
	for i := range row.Contacts {
		c := &row.Contacts[i]
		at := [2]uint64{key, a.hash(c.Email)}
		if a.people[at] == nil {
			a.people[at] = &statements{}
		}
		a.note(a.people[at], row.Line, c.Name, c.Phone, string(c.Role))
	}
}

func (a *agreement) note(s *statements, line int, said ...string) {
	for i, text := range said {
		if text != "" && s[i].line == 0 {
			s[i].hash, s[i].line = a.hash(text), line
		}
	}
}

func (a *agreement) hash(s string) uint64 { return maphash.String(a.seed, s) }
