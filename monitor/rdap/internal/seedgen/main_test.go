package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func parse(t *testing.T, text []byte) table {
	t.Helper()
	parsed, err := parseTable(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// The seed in the repository is what the generator makes of the table in the repository.
func TestTheSeedIsMadeFromTheTable(t *testing.T) {
	out := filepath.Join(t.TempDir(), "seed.json")
	if err := run([]string{"-table", "servers.txt", "-out", out}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, out), read(t, filepath.Join("..", "..", "seed.json"))) {
		t.Error("seed.json is not what the table gives: run go generate ./monitor/rdap")
	}
}

func TestTheTableCoversTheRegistries(t *testing.T) {
	known := map[string]string{}
	for _, b := range parse(t, read(t, "servers.txt")).blocks {
		for _, s := range b.suffixes {
			known[s] = b.at(s)
		}
	}
	if len(known) < 1100 {
		t.Errorf("%d suffixes", len(known))
	}
	for suffix, want := range map[string]string{
		"com": "https://rdap.verisign.com/com/v1/", "org": "https://rdap.publicinterestregistry.org/rdap/", "app": "https://pubapi.registry.google/rdap/",
		"xyz": "https://rdap.centralnic.com/xyz/", "ca": "https://rdap.ca.fury.ca/rdap/", "fr": "https://rdap.nic.fr/", "uk": "https://rdap.nominet.uk/uk/",
		"berlin": "https://rdap.nic.berlin/v1/", "de": "https://rdap.denic.de/", "xn--45q11c": "https://rdap.zdnsgtld.com/XN--45Q11C/",
		"shop": "https://rdap.gmoregistry.net/rdap/", "io": "https://rdap.identitydigital.services/rdap/",
	} {
		if known[suffix] != want {
			t.Errorf("%s: %q, want %q", suffix, known[suffix], want)
		}
	}
}

func TestBadTablesAreRefused(t *testing.T) {
	const day = "published: 2026-01-31\n"
	for _, c := range []struct{ why, text, want string }{
		{"no day", "https://a.example/\nsource: x\nlab\n", "no day"},
		{"plain http", day + "http://a.example/\nsource: x\nlab\n", "not an address"},
		{"no slash at the end", day + "https://a.example\nsource: x\nlab\n", "not an address"},
		{"credentials", day + "https://u:p@a.example/\nsource: x\nlab\n", "not an address"},
		{"no source", day + "https://a.example/\nlab\n", "name its source"},
		{"no suffix", day + "https://a.example/\nsource: x\n", "its suffixes"},
		{"claimed twice", day + "https://a.example/\nsource: x\nlab\nhttps://b.example/\nsource: x\nlab\n", "claimed by"},
		{"a U-label", day + "https://a.example/\nsource: x\nbücher\n", "A-label"},
		{"capital letters", day + "https://a.example/\nsource: x\nLAB\n", "A-label"},
		{"a suffix of no server", day + "lab\n", "before the first server"},
	} {
		if _, err := parseTable(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}

// The seed, read as IANA's registry would be, gives a table that gives the seed again.
func TestRenewalKeepsWhatItIsGiven(t *testing.T) {
	before := parse(t, read(t, "servers.txt"))
	seed, err := before.seed()
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := before.renewed(seed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(t, renewed.text()).seed()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(seed, again) {
		t.Error("the renewed table gives another seed")
	}
}

func TestRenewalTakesIANAAtItsWord(t *testing.T) {
	old := parse(t, []byte("# head\npublished: 2026-01-01\nhttps://gone.example/\nsource: iana\ngone\nhttps://ours.example/\nsource: ours\nmoved kept\n"))
	next, err := old.renewed([]byte(`{"publication":"2026-06-01T10:00:00Z","services":[[["MOVED"],["http://x.example/","https://rdap.nic.moved/v1"]],[["one"],["https://rdap.nic.one/v1/"]],[["plain"],["http://x.example/"]],
	 [["two","three"],["https://two.example/"]]]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "# head\n\npublished: 2026-06-01\n\nhttps://ours.example/\nsource: ours\nkept\n\nhttps://rdap.nic.{suffix}/v1/\nsource: iana\nmoved one\n\nhttps://two.example/\nsource: iana\nthree two\n"
	if got := string(next.text()); got != want {
		t.Errorf("%s", got)
	}
	for _, broken := range []string{"<html>", `{"services":[[["a"]]]}`, `{"services":[]}`} {
		if _, err := old.renewed([]byte(broken)); err == nil {
			t.Errorf("%s was taken", broken)
		}
	}
}

func TestRunNamesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	table, iana := filepath.Join(dir, "t.txt"), filepath.Join(dir, "dns.json")
	for path, text := range map[string]string{table: "published: 2026-01-01\nhttps://a.example/\nsource: iana\nlab\n", iana: `{"publication":"2026-02-02T00:00:00Z","services":[[["lab"],["https://b.example/"]]]}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "seed.json")
	for _, args := range [][]string{{}, {"-out", out, "-table", dir + "/none"}, {"-out", out, "-table", table, "-iana", dir + "/none"}, {"-what"}} {
		if run(args) == nil {
			t.Errorf("%v was accepted", args)
		}
	}
	if err := run([]string{"-out", out, "-table", table, "-iana", iana}); err != nil {
		t.Fatal(err)
	}
	var seed struct {
		Publication string
		Services    [][][]string
	}
	if err := json.Unmarshal(read(t, out), &seed); err != nil || seed.Publication != "2026-02-02T00:00:00Z" || seed.Services[0][1][0] != "https://b.example/" {
		t.Errorf("%v %+v", err, seed)
	}
	if !strings.Contains(string(read(t, table)), "https://b.example/") {
		t.Error("the table was not renewed")
	}
}
