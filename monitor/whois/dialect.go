package whois

import (
	"net"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// dialect says how the answers of one registry or registrar differ from the common form. The common form is what labels.go, labelwords.go,
// phrases.go and dates.go know, and every dialect stands on it: a dialect only settles what a text leaves open. All fields but name are
// optional; one of servers, suffixes and shape says whom it describes.
type dialect struct {
	name     string
	servers  []string                  // host names, in small letters
	suffixes []string                  // of the names it answers for; the longest one of all dialects wins
	shape    string                    // a piece of text, as printed, that stands in every answer of this one and of no other
	labels   map[string]kind           // labels in the form of normLabel that mean something else here; kindOther: nothing at all
	order    dateOrder                 // of 01/02/2027
	zone     string                    // IANA name, of a time that is printed without one
	status   map[string]models.Outcome // status values in small letters; OutcomeOK for those that a registration has
	says     map[string]models.Outcome // beginnings of lines in small letters that mean an outcome here only
}

// plain is the common form: what is read of a text that no dialect claims.
var plain = &dialect{name: "common"}

// dialectIndex finds a dialect by whom it describes.
type dialectIndex struct {
	byServer, bySuffix map[string]*dialect
	shaped             []*dialect
	locations          map[string]*time.Location
}

var index = func() dialectIndex {
	x := dialectIndex{map[string]*dialect{}, map[string]*dialect{}, nil, map[string]*time.Location{}}
	for i := range dialects {
		d := &dialects[i]
		for _, s := range d.servers {
			x.byServer[s] = d
		}
		for _, s := range d.suffixes {
			x.bySuffix[s] = d
		}
		if d.shape != "" {
			x.shaped = append(x.shaped, d)
		}
		if loc, err := time.LoadLocation(d.zone); d.zone != "" && err == nil {
			x.locations[d.zone] = loc
		}
	}
	return x
}()

// location returns the zone of times that are printed without one, or nil.
func (d *dialect) location() *time.Location { return index.locations[d.zone] }

// chooseDialect finds the dialect of an answer: by the server that gave it, by the suffix of the name, by the shape of the text.
func chooseDialect(domain, server, text string) *dialect {
	if server != "" {
		if host, _, err := net.SplitHostPort(server); err == nil {
			server = host
		}
		if d, ok := index.byServer[strings.ToLower(server)]; ok {
			return d
		}
	}
	for _, rest, more := strings.Cut(domain, "."); more; _, rest, more = strings.Cut(rest, ".") {
		if d, ok := index.bySuffix[rest]; ok {
			return d
		}
	}
	for _, d := range index.shaped {
		if strings.Contains(text, d.shape) {
			return d
		}
	}
	return plain
}
