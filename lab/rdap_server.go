package lab

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// serveHTTP serves a handler on a listener of its own until the lab closes. service is what the journal counts its connections under.
func (l *Lab) serveHTTP(service string, listener net.Listener, h http.Handler) {
	srv := &http.Server{
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				l.journal.connected(KindRDAP, service)
			}
		},
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 only: faults take over the connection
	}
	l.wg.Go(func() {
		if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			l.log.Error("lab: http server ended", "error", err)
		}
	})
	l.onClose(func(context.Context) error { return srv.Close() })
}

// startRDAP serves each suffix on a port of its own, then the bootstrap file
// and the registrars on one, and everything once more over HTTPS.
func (l *Lab) startRDAP() error {
	l.state.mu.Lock()
	var suffixes []string
	for name, t := range l.state.tlds {
		if t.RDAP {
			suffixes = append(suffixes, name)
		}
	}
	l.state.mu.Unlock()
	slices.Sort(suffixes)
	for _, suffix := range suffixes {
		base, err := l.serveMux("http", suffix, func(m *http.ServeMux, base string) {
			m.HandleFunc("GET /domain/{name}", func(w http.ResponseWriter, r *http.Request) { l.rdapRegistry(w, r, suffix, base) })
			l.rdapCommon(m, suffix)
		})
		if err != nil {
			return err
		}
		l.endpoints.RDAPOverrides[suffix] = base
	}
	shared, err := l.serveMux("http", RDAPBootstrapService, l.rdapShared)
	if err != nil {
		return err
	}
	l.endpoints.RDAPBootstrapURL = shared + "rdap/dns.json"
	l.endpoints.RDAPTLSBaseURL, err = l.serveMux("https", "tls", func(m *http.ServeMux, base string) {
		m.HandleFunc("GET /domain/{name}", func(w http.ResponseWriter, r *http.Request) {
			l.state.mu.Lock()
			suffix := l.state.suffixOf(toASCII(r.PathValue("name")))
			l.state.mu.Unlock()
			l.rdapRegistry(w, r, suffix, base)
		})
		l.rdapCommon(m, "tls")
	})
	return err
}

// serveMux opens a free port and returns its base URL.
func (l *Lab) serveMux(scheme, service string, routes func(m *http.ServeMux, base string)) (string, error) {
	listener, err := listenTCP(l.ctx, loopback, 0)
	if err != nil {
		return "", err
	}
	base := scheme + "://" + listener.Addr().String() + "/"
	if scheme == "https" {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{l.cert}, MinVersion: tls.VersionTLS12})
	}
	mux := http.NewServeMux()
	routes(mux, base)
	l.serveHTTP(service, listener, mux)
	return base, nil
}

// rdapCommon adds the paths that every RDAP server has (RFC 9082).
func (l *Lab) rdapCommon(m *http.ServeMux, service string) {
	m.HandleFunc("GET /help", func(w http.ResponseWriter, r *http.Request) {
		end := l.journal.begin(KindRDAP, service, "help")
		l.sendRDAP(w, r, rdapAnswer{status: http.StatusOK, end: end, body: encode(struct {
			Conformance []string     `json:"rdapConformance"`
			Notices     []rdapNotice `json:"notices"`
		}{conformance(), []rdapNotice{{Title: "Help", Description: []string{"Ask /domain/NAME."}}}})})
	})
	m.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		end := l.journal.begin(KindRDAP, service, r.URL.Path)
		l.sendRDAP(w, r, rdapProblem(http.StatusBadRequest, "Only /domain/NAME and /help are served", end))
	})
}

// rdapShared serves the bootstrap file and the registrars.
func (l *Lab) rdapShared(m *http.ServeMux, base string) {
	m.HandleFunc("GET /rdap/dns.json", l.bootstrap)
	m.HandleFunc("GET /registrar/{slug}/domain/{name}", func(w http.ResponseWriter, r *http.Request) {
		l.rdapRegistrar(w, r, base)
	})
}

// bootstrap serves the list of RDAP services (RFC 9224) with an ETag.
func (l *Lab) bootstrap(w http.ResponseWriter, r *http.Request) {
	end := l.journal.begin(KindRDAP, RDAPBootstrapService, "dns.json")
	l.state.mu.Lock()
	fault := l.state.takeRDAP(RDAPBootstrapService, "", l.now())
	l.state.mu.Unlock()
	body := bootstrapFile(l.endpoints.RDAPOverrides, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	answer := rdapAnswer{
		status: http.StatusOK, body: body, end: end, fault: fault, mediaType: "application/json",
		header: map[string]string{"ETag": etag, "Cache-Control": "max-age=3600"},
	}
	if r.Header.Get("If-None-Match") == etag {
		answer.status, answer.body = http.StatusNotModified, nil
	}
	l.sendRDAP(w, r, answer)
}

func bootstrapFile(services map[string]string, published time.Time) []byte {
	file := struct {
		Version     string       `json:"version"`
		Publication string       `json:"publication"`
		Description string       `json:"description"`
		Services    [][][]string `json:"services"`
	}{"1.0", rdapTime(published), "RDAP bootstrap file of a laboratory", [][][]string{}}
	names := make([]string, 0, len(services))
	for name := range services {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		file.Services = append(file.Services, [][]string{{name}, {services[name]}})
	}
	return encode(file)
}

// rdapRegistry answers for the registry of a suffix.
func (l *Lab) rdapRegistry(w http.ResponseWriter, r *http.Request, suffix, base string) {
	name := toASCII(r.PathValue("name"))
	end := l.journal.begin(KindRDAP, suffix, name)
	l.state.mu.Lock()
	fault := l.state.takeRDAP(suffix, name, l.now())
	answer := l.registryAnswer(name, suffix, base)
	l.state.mu.Unlock()
	answer.fault, answer.end = fault, end
	l.sendRDAP(w, r, answer)
}

// registryAnswer composes the right answer; the state must be locked.
func (l *Lab) registryAnswer(name, suffix, base string) rdapAnswer {
	now := l.now()
	r, t, p := l.state.look(name, now)
	if r == nil || t.Name != suffix || !t.RDAP {
		return rdapProblem(http.StatusNotFound, "The domain "+name+" is not registered here", nil)
	}
	registrar := l.state.registrar(r.Registrar)
	object := rdapObject{
		domain: &r.Domain, registrar: registrar, published: p, expiry: t.PublishesExpiry,
		self: base + "domain/" + name, now: now,
	}
	if r.RegistrarRDAP {
		object.related = l.registrarURL(registrar.Name) + "domain/" + name
	}
	return rdapAnswer{status: http.StatusOK, body: encode(object.byRegistry())}
}

// registrarURL is the base URL of a registrar's own RDAP.
func (l *Lab) registrarURL(name string) string {
	root := strings.TrimSuffix(l.endpoints.RDAPBootstrapURL, "rdap/dns.json")
	return root + "registrar/" + slug(name) + "/"
}

// rdapRegistrar answers for a registrar. It knows only its own domains.
func (l *Lab) rdapRegistrar(w http.ResponseWriter, r *http.Request, base string) {
	name, who := toASCII(r.PathValue("name")), r.PathValue("slug")
	end := l.journal.begin(KindRDAP, "registrar:"+who, name)
	l.state.mu.Lock()
	now := l.now()
	fault := l.state.takeRDAP(RDAPRegistrars, "", now)
	reg, _, p := l.state.look(name, now)
	answer := rdapProblem(http.StatusNotFound, "No such domain at this registrar", nil)
	if reg != nil && slug(reg.Registrar) == who {
		answer = rdapAnswer{status: http.StatusOK, body: encode(rdapObject{
			domain: &reg.Domain, registrar: l.state.registrar(reg.Registrar), published: p,
			self: base + "registrar/" + who + "/domain/" + name, now: now,
		}.byRegistrar())}
	}
	l.state.mu.Unlock()
	answer.fault, answer.end = fault, end
	l.sendRDAP(w, r, answer)
}

func rdapProblem(status int, description string, end func(string)) rdapAnswer {
	return rdapAnswer{status: status, end: end, body: encode(rdapError{
		Conformance: conformance(), Code: status, Title: http.StatusText(status), Description: []string{description},
	})}
}

// encode marshals what the lab made up itself, which cannot fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("lab: encode %T: %v", v, err))
	}
	return b
}
