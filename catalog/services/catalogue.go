package services

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// shipped are the templates of the services that an agency connects, one file each.
//
//go:embed templates
var shipped embed.FS

// Service is a template with what people want to know of the connection.
type Service struct {
	Template
	Notes Notes `json:"deedwatch"`
}

// Notes are what this product adds to a template; a template from elsewhere has none.
type Notes struct {
	Code   string   `json:"code"`   // stable, for portfolios: mailchimp
	Name   string   `json:"name"`   // as people call it
	Needs  []string `json:"needs"`  // the agency's services that rest on it
	Breaks string   `json:"breaks"` // what stops when its records go, one plain sentence
	Source string   `json:"source"` // where the records are documented

	// Unverified says what could not be checked against the vendor's own documentation, and why; empty: nothing.
	Unverified string `json:"unverified,omitempty"`
	// NoRecords says how the service is connected when it needs nothing in the zone; the template then has no records.
	NoRecords string `json:"noRecords,omitempty"`
	// SameAs is the code of the service whose records these are too: a zone can't tell the two apart.
	SameAs string `json:"sameAs,omitempty"`
	// Hosts are where the service is commonly connected, below the domain. Discovery asks for them, since nobody can list a zone.
	Hosts []string `json:"hosts,omitempty"`
	// Discover are further signs of the service, beside those records of the template that name it.
	Discover []Pattern `json:"discover,omitempty"`
	Example  bool      `json:"example,omitempty"` // to try the format with; not offered to anybody
}

// Title is what people call the service; of a template from elsewhere, what it calls itself.
func (s *Service) Title() string {
	return cmp.Or(s.Notes.Name, strings.TrimSpace(s.ProviderName+" "+s.ServiceName), s.Notes.Code)
}

// Catalogue is a set of services. It does not change once it is loaded and is safe for concurrent use.
type Catalogue struct {
	services []Service
	byKey    map[string]int // provider and service
	byCode   map[string]int
}

// Shipped returns the catalogue that comes with the program.
func Shipped() *Catalogue { return shippedOnce() }

// shippedOnce reads the embedded files. What does not validate can't be shipped: a test reads it.
var shippedOnce = sync.OnceValue(func() *Catalogue {
	c, err := WithFolder()
	if err == nil {
		return c
	}
	panic("catalog/services/templates: " + err.Error())
})

// Load reads every *.json below the roots; of two templates with one provider and service, or one code, that of the later root counts. The
// error names every file that can't be used.
func Load(roots ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{byKey: map[string]int{}, byCode: map[string]int{}}
	var errs []error
	for _, root := range roots {
		walk := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".json" {
				return err
			}
			s, err := readService(root, name)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
				return nil
			}
			c.add(s)
			return nil
		})
		errs = append(errs, walk)
	}
	c.index()
	return c, errors.Join(errs...)
}

// WithFolder returns the shipped catalogue with the templates of further roots, which win.
func WithFolder(roots ...fs.FS) (*Catalogue, error) {
	base, err := fs.Sub(shipped, "templates")
	if err != nil {
		return nil, err
	}
	return Load(append([]fs.FS{base}, roots...)...)
}

// readService reads one file. Members of the format that are not used here are passed over, since public templates have many.
func readService(root fs.FS, name string) (Service, error) {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return Service{}, err
	}
	var s Service
	if err := json.Unmarshal(data, &s); err != nil {
		return Service{}, fmt.Errorf("not a template: %w", err)
	}
	return s, s.Validate()
}

func key(provider, service string) string {
	return strings.ToLower(provider) + "/" + strings.ToLower(service)
}

// add takes a service in, in place of one with the same provider and service or the same code. A template without notes keeps those of the
// one that it replaces.
func (c *Catalogue) add(s Service) {
	if s.Notes.Code == "" {
		s.Notes.Code = key(s.ProviderID, s.ServiceID)
		for i := range c.services {
			if old := &c.services[i]; key(old.ProviderID, old.ServiceID) == s.Notes.Code {
				s.Notes = old.Notes
			}
		}
	}
	c.services = slices.DeleteFunc(c.services, func(o Service) bool {
		return o.Notes.Code == s.Notes.Code || key(o.ProviderID, o.ServiceID) == key(s.ProviderID, s.ServiceID)
	})
	c.services = append(c.services, s)
}

// index makes the services findable.
func (c *Catalogue) index() {
	for i := range c.services {
		c.byKey[key(c.services[i].ProviderID, c.services[i].ServiceID)] = i
		c.byCode[c.services[i].Notes.Code] = i
	}
}

// Services returns the services in the order of their codes, examples left out.
func (c *Catalogue) Services() []Service {
	out := slices.DeleteFunc(slices.Clone(c.services), func(s Service) bool { return s.Notes.Example })
	slices.SortFunc(out, func(a, b Service) int { return strings.Compare(a.Notes.Code, b.Notes.Code) })
	return out
}

// Find returns a service by provider and service, as the format names them, without regard to case.
func (c *Catalogue) Find(provider, service string) (Service, bool) {
	i, ok := c.byKey[key(provider, service)]
	if !ok {
		return Service{}, false
	}
	return c.services[i], true
}

// ByCode returns a service by its code, or by "provider/service".
func (c *Catalogue) ByCode(code string) (Service, bool) {
	if i, ok := c.byCode[strings.ToLower(code)]; ok {
		return c.services[i], true
	}
	provider, service, _ := strings.Cut(code, "/")
	return c.Find(provider, service)
}

// placeholder stands for the addresses of a DNS host's redirecting server, which only that host knows.
func placeholder() []Record {
	return []Record{{Type: "A", PointsTo: "127.0.0.1", TTL: "600"}, {Type: "AAAA", PointsTo: "::1", TTL: "600"}}
}
