package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// preview runs the command, and gives its exit code, output and errors.
func preview(t *testing.T, environ []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(append([]string{"notices", "preview"}, args...), streams{out: &stdout, err: &stderr, environ: environ})
	return code, stdout.String(), stderr.String()
}

func ownText(t *testing.T, file, text string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(file)), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestPreviewNeedsNoDatabase(t *testing.T) {
	code, out, errs := preview(t, nil, "--stage", "d7", "--language", "es", "--json")
	if code != exitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var docs []previewDoc
	if err := json.Unmarshal([]byte(out), &docs); err != nil {
		t.Fatal(err)
	}
	if len(docs) != 2 || docs[0].Stage != "d7" || docs[0].Language != "es" || !strings.Contains(docs[0].Subject, "vence el 28 de noviembre") || docs[0].HTML == "" || docs[0].ICS == "" {
		t.Errorf("%d documents: %+v", len(docs), docs)
	}
	if code, out, _ = preview(t, nil, "--stage", "records", "--stage", "hold-registry", "--language", "en"); code != exitFine || !strings.Contains(out, "Where:            the domain → DNS → Records") {
		t.Errorf("exit %d, and the way through the DNS host's pages is not told:\n%s", code, out)
	}
}

func TestPreviewWritesAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	code, out, errs := preview(t, nil, "--out", dir, "--stage", "d30", "--stage", "transfer")
	if code != exitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, name := range []string{"d30.en.txt", "d30.en.html", "d30.en.ics", "d30.es.txt", "transfer.es.html"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "transfer.en.ics")); err == nil {
		t.Error("a calendar file for a letter without a date")
	}
	if strings.Count(out, "\n") != 4 {
		t.Errorf("want a line for each letter:\n%s", out)
	}
}

func TestPreviewShowsOwnTexts(t *testing.T) {
	folder := ownText(t, "en/soon.tmpl", `{{define "soon.subject"}}{{.Name}}: a word on its renewal{{end}}`)
	for _, args := range [][]string{{"--templates", folder}, nil} { // by the flag, and as configured
		environ := []string{"DEEDWATCH_NOTICES_TEMPLATES=" + folder}
		if args != nil {
			environ = nil
		}
		code, out, errs := preview(t, environ, append(args, "--stage", "d7", "--language", "en")...)
		if code != exitFine || !strings.Contains(out, "Subject: pools.example: a word on its renewal") {
			t.Errorf("exit %d: %s\n%s", code, errs, out)
		}
	}
}

func TestPreviewRefusals(t *testing.T) {
	for _, c := range []struct {
		why  string
		args []string
		want string
	}{
		{"a stage that is none", []string{"--stage", "d8"}, "d30"},
		{"a language that is not there", []string{"--language", "tlh"}, "en, es"},
		{"a folder that is not there", []string{"--templates", filepath.Join(t.TempDir(), "none")}, "not a folder"},
		{"a text that does not parse", []string{"--templates", ownText(t, "en/soon.tmpl", "\n{{define \"soon.subject\"}}{{.Name}")}, "en/soon.tmpl:2"},
		{"a text with a link", []string{"--templates", ownText(t, "es/soon.tmpl", "\n{{define \"soon.step1\"}}https://pay.example{{end}}")}, "es/soon.tmpl:2"},
		{"a flag that is none", []string{"--stages", "d7"}, "unknown flag"},
	} {
		code, out, errs := preview(t, nil, c.args...)
		if code != exitUsage || !strings.Contains(errs, c.want) || out != "" && c.want != "unknown flag" {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", c.why, code, exitUsage, c.want, errs)
		}
	}
}

// TestServeRefusesBadTexts holds that a bad text of the agency's own is a configuration error of the program, not of the first message.
func TestServeRefusesBadTexts(t *testing.T) {
	folder := ownText(t, "en/soon.tmpl", "{{define \"soon.subject\"}}{{.Nome}}{{end}}")
	var stdout, stderr bytes.Buffer
	dir := t.TempDir()
	code := run([]string{"serve", "--listen", "127.0.0.1:0"}, streams{out: &stdout, err: &stderr, environ: []string{
		"DEEDWATCH_NOTICES_TEMPLATES=" + folder, "DEEDWATCH_DATABASE=" + filepath.Join(dir, "deedwatch.db"),
	}})
	if code != exitUsage || !strings.Contains(stderr.String(), "soon.tmpl:1") || !strings.Contains(stderr.String(), ".Nome") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}
