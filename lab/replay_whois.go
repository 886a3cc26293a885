package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"strconv"
	"strings"
)

// recordedText is a WHOIS answer with its case.
type recordedText struct {
	Case
	suffixes []string
	text     []byte
}

func loadWHOIS(fsys fs.FS) ([]recordedText, error) {
	all, err := lines(fsys, "whois/expected.jsonl")
	if err != nil {
		return nil, err
	}
	out := make([]recordedText, 0, len(all))
	for i, line := range all {
		var row struct{ ID, Server, TLD, Domain, File string }
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("lab: whois/expected.jsonl, line %d: %w", i+1, err)
		}
		file := path.Join("whois", row.File)
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("lab: whois/expected.jsonl, line %d: %w", i+1, err)
		}
		domain := toASCII(row.Domain)
		out = append(out, recordedText{
			Case:     Case{Domain: domain, Kind: KindWHOIS, Name: row.ID, File: file, Server: row.Server, Expected: line},
			suffixes: suffixes(domain, toASCII(row.TLD)), text: text,
		})
	}
	return out, nil
}

// suffixes are those under which a product may look for the domain's server:
// what follows the first label, the last label, and what the recording says.
func suffixes(domain, tld string) []string {
	out := []string{lastLabel(domain)}
	if _, after, found := strings.Cut(domain, "."); found {
		out = append(out, after)
	}
	if tld != "" {
		out = append(out, tld)
	}
	return out
}

func lastLabel(domain string) string {
	return domain[strings.LastIndexByte(domain, '.')+1:]
}

// serveWHOIS opens one server per top-level domain, and one more for each
// recording that is not the first of its name.
func (r *Replay) serveWHOIS(texts []recordedText) error {
	byDomain := map[string][]byte{}
	for _, t := range texts {
		if _, again := byDomain[t.Domain]; !again {
			byDomain[t.Domain] = t.text
		}
	}
	servers := map[string]string{} // top-level domain -> host:port
	served := map[string]bool{}
	for _, t := range texts {
		tld := lastLabel(t.Domain)
		if servers[tld] == "" {
			address, err := r.lab.serveText(tld, func(name string) []byte { return byDomain[name] })
			if err != nil {
				return err
			}
			servers[tld] = address
		}
		for _, suffix := range t.suffixes {
			if r.lab.endpoints.WHOISServers[suffix] == "" {
				r.lab.endpoints.WHOISServers[suffix] = servers[tld]
			}
		}
		t.Endpoint = servers[tld]
		if served[t.Domain] {
			var err error
			if t.Endpoint, err = r.lab.serveText(t.Name, func(string) []byte { return t.text }); err != nil {
				return err
			}
		}
		served[t.Domain] = true
		r.cases = append(r.cases, t.Case)
	}
	return nil
}

// serveText opens a WHOIS server that answers with recorded texts, byte for
// byte. A name that was not recorded gets a comment, which is no answer.
func (l *Lab) serveText(server string, find func(name string) []byte) (string, error) {
	open := func() bool { return false }
	return l.serveWHOIS(open, func(_ context.Context, conn net.Conn, question string) {
		end := l.journal.begin(KindWHOIS, server, question)
		var text []byte
		if fields := strings.Fields(question); len(fields) > 0 {
			text = find(toASCII(fields[len(fields)-1]))
		}
		if text == nil {
			end("not recorded")
			_, _ = io.WriteString(conn, "% nothing was recorded for this question\n")
			return
		}
		end(strconv.Itoa(len(text)) + " bytes")
		_, _ = conn.Write(text)
	})
}
