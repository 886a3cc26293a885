package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/configs"
)

// maxRequest is the most that is read of a request, in bytes; a zone has a few hundred records.
const maxRequest = 16 << 20

// connectionsCmd is about services that clients connect to their domains.
type connectionsCmd struct {
	List     connectionsListCmd     `cmd:"" help:"List the services that are known."`
	Show     connectionsShowCmd     `cmd:"" help:"Show one service: its records, its variables, what breaks without it."`
	Expect   connectionsExpectCmd   `cmd:"" help:"Write the records that a connection needs, for check --expect."`
	Apply    connectionsApplyCmd    `cmd:"" help:"Work out what applying a template does to a zone. Reads a request from standard input."`
	Discover connectionsDiscoverCmd `cmd:"" help:"Ask a domain's own servers which known services it points to."`
}

// loadCatalogue reads the shipped templates and those of the configured folder, which win.
func loadCatalogue(c configs.Config) (*services.Catalogue, error) {
	if c.Services.Folder == "" {
		return services.Shipped(), nil
	}
	catalogue, err := services.WithFolder(os.DirFS(c.Services.Folder))
	if err != nil {
		return nil, &configs.Error{Source: "services.folder " + c.Services.Folder, Msg: err.Error()}
	}
	return catalogue, nil
}

// catalogue reads the configuration and what it says is known.
func (c *cli) catalogue(s streams) (*services.Catalogue, error) {
	cfg, _, err := c.load(s)
	if err != nil {
		return nil, err
	}
	return loadCatalogue(cfg)
}

// serviceOf finds a service by its code, or by provider/service.
func serviceOf(c *services.Catalogue, code string) (services.Service, error) {
	s, ok := c.ByCode(code)
	if !ok {
		return s, usage("no connection named %q is known; `deedwatch connections list` names them", code)
	}
	return s, nil
}

// serviceDoc is a service as a JSON document. Absent values are "" or [], never missing.
type serviceDoc struct {
	Code                string            `json:"code"`
	Name                string            `json:"name"`
	ProviderID          string            `json:"provider_id"`
	ServiceID           string            `json:"service_id"`
	Needs               []string          `json:"needs"`
	Breaks              string            `json:"breaks"`
	Source              string            `json:"source"`
	Unverified          string            `json:"unverified"`
	NoRecords           string            `json:"no_records"`
	SameAs              string            `json:"same_as"`
	HostRequired        bool              `json:"host_required"`
	MultiInstance       bool              `json:"multi_instance"`
	Discoverable        bool              `json:"discoverable"`
	Variables           []string          `json:"variables"`
	VariableDescription string            `json:"variable_description"`
	Records             []services.Record `json:"records"`
}

func newServiceDoc(s *services.Service) serviceDoc {
	n := &s.Notes
	return serviceDoc{
		Code: n.Code, Name: s.Title(), ProviderID: s.ProviderID, ServiceID: s.ServiceID, Needs: list(n.Needs), Breaks: n.Breaks, Source: n.Source,
		Unverified: n.Unverified, NoRecords: n.NoRecords, SameAs: n.SameAs, HostRequired: s.HostRequired, MultiInstance: s.MultiInstance,
		Discoverable: s.Discoverable(), Variables: list(s.Variables()), VariableDescription: s.VariableDescription,
		Records: append([]services.Record{}, s.Records...),
	}
}

type connectionsListCmd struct {
	JSON bool `name:"json" help:"Print one JSON document."`
}

// Run lists the services in the order of their codes.
func (c *connectionsListCmd) Run(root *cli, s streams) error {
	catalogue, err := root.catalogue(s)
	if err != nil {
		return err
	}
	docs := []serviceDoc{}
	for _, v := range catalogue.Services() {
		docs = append(docs, newServiceDoc(&v))
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"services": docs})
	}
	say := printer{w: s.out}
	for _, d := range docs {
		say.line("%-28s %s (%s)", d.Code, d.Name, strings.Join(d.Needs, ", "))
	}
	return say.err
}

type connectionsShowCmd struct {
	Code string `arg:"" help:"Code of the service, or provider/service."`
	JSON bool   `name:"json" help:"Print one JSON document."`
}

// Run shows one service.
func (c *connectionsShowCmd) Run(root *cli, s streams) error {
	catalogue, err := root.catalogue(s)
	if err != nil {
		return err
	}
	service, err := serviceOf(catalogue, c.Code)
	if err != nil {
		return err
	}
	d := newServiceDoc(&service)
	if c.JSON {
		return printJSON(s.out, d)
	}
	return d.print(s.out)
}

func (d *serviceDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("%s: %s", d.Code, d.Name)
	say.words("needed for", d.Needs)
	for _, l := range []struct{ label, text string }{
		{"without it", d.Breaks}, {"how", d.NoRecords}, {"not verified", d.Unverified}, {"variables", d.VariableDescription}, {"source", d.Source},
	} {
		if l.text != "" {
			say.line("  %s: %s", l.label, l.text)
		}
	}
	if d.HostRequired {
		say.line("  at a host below the domain only")
	}
	for _, r := range d.Records {
		row := r.Row()
		if row.Temporary {
			row.Value += "  (may go after verification)"
		}
		say.line("  %-6s %-24s %s", row.Type, row.Host, row.Value)
	}
	return say.err
}

type connectionsApplyCmd struct {
	JSON bool `name:"json" help:"Print one JSON document; there is no other form."`
}

// Run answers one request. It exits 0 whenever it printed its document, also one that says why the template can't be applied.
func (c *connectionsApplyCmd) Run(root *cli, s streams) error {
	catalogue, err := root.catalogue(s)
	if err != nil {
		return err
	}
	request, err := services.ReadRequest(io.LimitReader(s.in, maxRequest))
	if err != nil {
		return usage("%v", err)
	}
	return printJSON(s.out, request.Answer(catalogue))
}

func variablesOf(pairs []string) (map[string]string, error) {
	vars := map[string]string{}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is no variable; write it as name=value", p)
		}
		vars[name] = value
	}
	return vars, nil
}
