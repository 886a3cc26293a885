package dnsbench_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
)

// standIn writes a program that answers like zdns: a line of JSON for each line that it reads, and notes how it was called.
func standIn(t *testing.T, answer string) (program, calls string) {
	t.Helper()
	dir := t.TempDir()
	program, calls = filepath.Join(dir, "zdns"), filepath.Join(dir, "calls")
	script := `#!/bin/sh
if [ "$1" = --version ]; then echo "zdns version 2.0.4"; exit; fi
echo "$@" >>"` + calls + `"
while read -r line; do
	` + answer + `
done
`
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, calls
}

const (
	zdnsAnswers = `printf '{"name":"%s","results":{"%s":{"data":{"answers":[],"protocol":"udp"},"duration":0.01,"status":"NOERROR"}}}\n' "${line%%,*}" "$1"`
	zdnsTimes   = `printf '{"name":"%s","results":{"%s":{"data":{},"status":"TIMEOUT"}}}\n' "${line%%,*}" "$1"`
)

func TestZDNSIsAskedEverythingOnce(t *testing.T) {
	w := start(t, dnsbench.Options{Zones: 20})
	program, calls := standIn(t, zdnsAnswers)
	names, questions := w.Names[:10], 0
	for _, n := range names {
		questions += len(w.Questions(n)) // the first one stands for the walk
	}
	p, err := w.ZDNS(t.Context(), program, names)
	if err != nil || p.Queries != questions || p.Wall <= 0 || p.CPU <= 0 {
		t.Errorf("%d of %d lines, %+v, %v", p.Queries, questions, p, err)
	}
	text, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 7 || !strings.HasPrefix(lines[0], "NS ") || !strings.Contains(lines[0], "--iterative --name-servers="+w.Root.String()) {
		t.Errorf("called as\n%s", text)
	}
	for _, l := range lines[1:] {
		if strings.Contains(l, "--iterative") {
			t.Errorf("a server is named in each line, and still it walks: %s", l)
		}
	}
}

func TestZDNSMustAnswer(t *testing.T) {
	w := start(t, dnsbench.Options{Zones: 20})
	for _, c := range []struct{ why, answer, want string }{
		{"time-outs are no answers", zdnsTimes, "0 of 10 lines were answered"},
		{"an answer of another type is none", `printf '{"name":"x","results":{"ALOOKUP":{"status":"NOERROR"}}}\n'`, "0 of 10 lines were answered"},
		{"not JSON", `echo hello`, "not JSON"},
		{"it fails", `echo "no such thing" >&2; exit 3`, "no such thing"},
	} {
		program, _ := standIn(t, c.answer)
		if _, err := w.ZDNS(t.Context(), program, w.Names[:10]); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}

func TestCheckZDNS(t *testing.T) {
	program, _ := standIn(t, zdnsAnswers)
	if version, err := dnsbench.CheckZDNS(t.Context(), program); err != nil || version != "2.0.4" {
		t.Errorf("%q, %v", version, err)
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("zdns version 2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"/bin/sh", "/bin/true", text, filepath.Join(t.TempDir(), "nothing")} {
		if _, err := dnsbench.CheckZDNS(t.Context(), other); !errors.Is(err, dnsbench.ErrNotZDNS) {
			t.Errorf("%s: %v", other, err)
		}
	}
}
