package services

import (
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
	Code    string   `json:"code"`              // stable, for portfolios: mailchimp
	Name    string   `json:"name"`              // as people call it
	Needs   []string `json:"needs"`             // the agency's services that rest on it
	Breaks  string   `json:"breaks"`            // what stops when its records go, one plain sentence
	Source  string   `json:"source"`            // where the records are documented
	Example bool     `json:"example,omitempty"` // to try the format with; not offered to anybody
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
	root, err := fs.Sub(shipped, "templates")
	if err == nil {
		var c *Catalogue
		if c, err = Load(root); err == nil {
			return c
		}
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
	return c, errors.Join(errs...)
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

func (c *Catalogue) add(s Service) {
	if s.Notes.Code == "" {
		s.Notes.Code = key(s.ProviderID, s.ServiceID)
	}
	if i, ok := c.byKey[key(s.ProviderID, s.ServiceID)]; ok {
		delete(c.byCode, c.services[i].Notes.Code)
		c.services[i] = s
		c.byCode[s.Notes.Code] = i
		return
	}
	c.services = append(c.services, s)
	c.byKey[key(s.ProviderID, s.ServiceID)] = len(c.services) - 1
	c.byCode[s.Notes.Code] = len(c.services) - 1
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
