package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	_ "embed" // the table
)

// Absence says what it proves when a name of a vendor does not exist in DNS.
type Absence string

// What the absence of a vendor's name proves.
const (
	AbsenceUnclaimed Absence = "unclaimed" // names exist from when a customer claims them until it gives them up: anybody can claim this one
	AbsenceGone      Absence = "gone"      // the name is given up, and the vendor gives it to nobody else
	AbsenceNothing   Absence = "nothing"   // not known whether somebody else can have the name
)

// Presence says what it proves when a name of a vendor exists in DNS.
type Presence string

// What the presence of a vendor's name proves.
const (
	PresenceClaimed Presence = "claimed" // somebody holds it
	PresenceNothing Presence = "nothing" // every name exists, held or not: only the vendor's own answer over HTTP tells
)

// Vendor is a service to whose names its customers point aliases, and what DNS tells of whether such a name is held by somebody.
type Vendor struct {
	Code     string   `json:"code"`
	Name     string   `json:"name"`     // as its customers call it
	Suffixes []string `json:"suffixes"` // ends of the names that aliases point to, label by label; * stands for any text in a label
	Absence  Absence  `json:"absence"`
	Presence Presence `json:"presence"`
	Verifies bool     `json:"verifies,omitempty"` // a customer must prove that a host name is its own before the vendor serves it
	Note     string   `json:"note,omitempty"`     // what else to know, one sentence
	Source   string   `json:"source"`             // the document with the fact, and its address
	Seen     string   `json:"seen"`               // month in which it was read, 2006-01
}

//go:embed takeover.json
var vendorJSON []byte

// vendorTable is the shipped table, read once. A table that does not validate can't be shipped: a test reads it.
var vendorTable = sync.OnceValue(func() []Vendor {
	rows, err := LoadVendors(vendorJSON)
	if err != nil {
		panic("catalog/takeover.json: " + err.Error())
	}
	return rows
})

// FindVendor gives the vendor to whose names a target belongs.
func FindVendor(target string) (Vendor, bool) {
	name := strings.TrimSuffix(strings.ToLower(target), ".")
	for _, v := range vendorTable() {
		if slices.ContainsFunc(v.Suffixes, func(s string) bool { return matchesEnd(s, name) && strings.Count(name, ".") > strings.Count(s, ".") }) {
			return v, true
		}
	}
	return Vendor{}, false
}

// Vendors lists the known vendors by name.
func Vendors() []Vendor { return slices.Clone(vendorTable()) }

// LoadVendors reads a table: a JSON list of Vendor. The error names every row that can't be used.
func LoadVendors(data []byte) ([]Vendor, error) {
	var rows []Vendor
	if err := decodeList(data, &rows); err != nil {
		return nil, fmt.Errorf("read the table of vendors: %w", err)
	}
	var errs []error
	taken := map[string]int{}
	for i, v := range rows {
		if err := v.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", i+1, err))
		}
		for _, k := range append([]string{"code " + v.Code}, v.Suffixes...) {
			if first, twice := taken[k]; twice {
				errs = append(errs, fmt.Errorf("row %d: %s stands already in row %d", i+1, k, first))
			}
			taken[k] = i + 1
		}
	}
	slices.SortFunc(rows, func(a, b Vendor) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return rows, errors.Join(errs...)
}

// Validate checks one row; the error says what is wrong with which vendor.
func (v Vendor) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("vendor %q: %s", v.Code, fmt.Sprintf(format, args...))
	}
	_, err := time.Parse("2006-01", v.Seen)
	switch {
	case v.Code == "" || strings.Trim(v.Code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "":
		return bad("write the code in lower-case letters, digits and underscores")
	case !isLine(v.Name):
		return bad("needs a name, without spaces around it")
	case len(v.Suffixes) == 0:
		return bad("needs at least one end of the names that aliases point to")
	case v.Absence != AbsenceUnclaimed && v.Absence != AbsenceGone && v.Absence != AbsenceNothing:
		return bad("absence %q is neither unclaimed nor gone nor nothing", v.Absence)
	case v.Presence != PresenceClaimed && v.Presence != PresenceNothing:
		return bad("presence %q is neither claimed nor nothing", v.Presence)
	case v.Absence == AbsenceUnclaimed && v.Verifies:
		return bad("a vendor that asks for proof of a host name does not let anybody claim it")
	case v.Note != "" && (!isLine(v.Note) || !strings.HasSuffix(v.Note, ".")):
		return bad("the note is not one sentence on one line")
	case !isLine(v.Source) || !strings.Contains(v.Source, "https://") || err != nil:
		return bad("needs a source with its address, and the month in which it was seen as 2006-01")
	}
	for _, s := range v.Suffixes {
		if !isHost(strings.ReplaceAll(s, "*", "x")) {
			return bad("%q is no end of a host name in lower case", s)
		}
	}
	return nil
}
