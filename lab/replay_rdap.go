package lab

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// recordedHTTP is an RDAP answer with its case.
type recordedHTTP struct {
	Case
	status int
	header map[string]string
	body   []byte
}

func loadRDAP(fsys fs.FS) ([]recordedHTTP, error) {
	all, err := lines(fsys, "rdap/cases.jsonl")
	if err != nil {
		return nil, err
	}
	out := make([]recordedHTTP, 0, len(all))
	for i, line := range all {
		var row struct {
			Name, Source, Domain string
			HTTP                 struct {
				Status   int
				Headers  map[string]string
				BodyFile string `json:"body_file"`
			}
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("lab: rdap/cases.jsonl, line %d: %w", i+1, err)
		}
		c := recordedHTTP{
			Case:   Case{Domain: toASCII(row.Domain), Kind: KindRDAP, Name: row.Name, Server: row.Source, Expected: line},
			status: row.HTTP.Status, header: row.HTTP.Headers,
		}
		if c.status < 200 || c.status > 599 {
			return nil, fmt.Errorf("lab: rdap/cases.jsonl, line %d: status %d is not one of HTTP", i+1, c.status)
		}
		if row.HTTP.BodyFile != "" {
			c.File = path.Join("rdap", row.HTTP.BodyFile)
			if c.body, err = fs.ReadFile(fsys, c.File); err != nil {
				return nil, fmt.Errorf("lab: rdap/cases.jsonl, line %d: %w", i+1, err)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// serveRDAP serves the first recording of each name at /domain/NAME and every
// recording below /case/NAME-OF-THE-CASE/.
func (r *Replay) serveRDAP(recorded []recordedHTTP) error {
	byDomain, byCase := map[string]recordedHTTP{}, map[string]recordedHTTP{}
	for _, c := range recorded {
		if _, again := byDomain[c.Domain]; !again {
			byDomain[c.Domain] = c
		}
		byCase[c.Name] = c
	}
	base, err := r.lab.serveMux("http", RDAPBootstrapService, func(m *http.ServeMux, _ string) {
		m.HandleFunc("GET /domain/{name}", func(w http.ResponseWriter, req *http.Request) {
			name := toASCII(req.PathValue("name"))
			c, ok := byDomain[name]
			r.lab.replayHTTP(w, req, name, c, ok)
		})
		m.HandleFunc("GET /case/{case}/domain/{name}", func(w http.ResponseWriter, req *http.Request) {
			c, ok := byCase[req.PathValue("case")]
			r.lab.replayHTTP(w, req, req.PathValue("name"), c, ok)
		})
	})
	if err != nil {
		return err
	}
	for _, c := range recorded {
		c.Endpoint = base + "case/" + url.PathEscape(c.Name) + "/domain/" + c.Domain
		r.cases = append(r.cases, c.Case)
		r.lab.endpoints.RDAPOverrides[c.Domain] = base
		_, suffix, found := strings.Cut(c.Domain, ".")
		if found && r.lab.endpoints.WHOISServers[lastLabel(c.Domain)] == "" {
			r.lab.endpoints.RDAPOverrides[suffix] = base
		}
	}
	return nil
}

// replayHTTP sends a recorded answer. What was not recorded is a 501: it is no
// statement about the domain.
func (l *Lab) replayHTTP(w http.ResponseWriter, req *http.Request, name string, c recordedHTTP, found bool) {
	end := l.journal.begin(KindRDAP, "replay", name)
	if !found {
		l.sendRDAP(w, req, rdapProblem(http.StatusNotImplemented, "Nothing was recorded for "+name, end))
		return
	}
	for k, v := range c.header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(c.body)))
	end(strconv.Itoa(c.status))
	w.WriteHeader(c.status)
	if req.Method != http.MethodHead {
		_, _ = w.Write(c.body)
	}
}
