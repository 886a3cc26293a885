package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/configs"
)

func TestNamesFollowTheConfiguration(t *testing.T) {
	usual, err := newNames(configs.Default())
	if err != nil {
		t.Fatal(err)
	}
	lab := configs.Default()
	lab.Network.AllowPrivate = true
	test, err := newNames(lab)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]bool{"client.example": {true, true}, "client.lab": {true, true}, "client.local": {false, true}, "client.myshopify.com": {false, false}} {
		_, errUsual := usual.Parse(name)
		_, errTest := test.Parse(name)
		if (errUsual == nil) != want[0] || (errTest == nil) != want[1] {
			t.Errorf("%s: %v; in a test network: %v", name, errUsual, errTest)
		}
	}
}

func TestABrokenListOfSuffixesIsAnErrorOfTheConfiguration(t *testing.T) {
	c := configs.Default()
	c.Names.PublicSuffixList = filepath.Join(t.TempDir(), "list.dat")
	if err := os.WriteFile(c.Names.PublicSuffixList, []byte("<!doctype html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := newNames(c)
	if _, ok := errors.AsType[*configs.Error](err); !ok || !strings.Contains(err.Error(), "publicsuffix.org") {
		t.Errorf("%T %v", err, err)
	}
	c = configs.Default()
	c.Names.SpecialUse = []string{"com"}
	if _, err := newNames(c); err == nil || !strings.Contains(err.Error(), "no suffix for special use") {
		t.Error(err)
	}
}

func TestDoctorTellsTheListOfSuffixes(t *testing.T) {
	list := func(version string, rules int) configs.Config {
		var b strings.Builder
		b.WriteString(version + "// ===BEGIN ICANN DOMAINS===\ncom\nuk\nco.uk\n")
		for i := range rules {
			fmt.Fprintf(&b, "s%d.uk\n", i)
		}
		b.WriteString("// ===END ICANN DOMAINS===\n")
		c := configs.Default()
		c.Names.PublicSuffixList = filepath.Join(t.TempDir(), "list.dat")
		if err := os.WriteFile(c.Names.PublicSuffixList, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, tt := range []struct {
		why    string
		config configs.Config
		state  string
		words  []string
	}{
		{"built in", configs.Default(), "ok", []string{"built in, of 20"}},
		{"newer", list("// VERSION: 2999-01-02_03-04-05_UTC\n", 1200), "ok", []string{"list.dat, of 2999-01-02", "1203 suffixes of registries"}},
		{"older", list("// VERSION: 2001-01-02_03-04-05_UTC\n", 1200), "warning", []string{"the one built in is newer"}},
		{"without a date", list("", 1200), "ok", []string{"of unknown date"}},
		{"absurdly small", list("", 3), "bad", []string{"has 6 suffixes of registries"}},
	} {
		got := examineNames(tt.config)
		for _, w := range tt.words {
			if got.Name != "names" || got.State != tt.state || !strings.Contains(got.Detail, w) {
				t.Errorf("%s: %+v, want %s, %q", tt.why, got, tt.state, w)
			}
		}
	}
}

func TestNamesGivenTwiceAreLookedAtOnce(t *testing.T) {
	reader, err := newNames(configs.Default())
	if err != nil {
		t.Fatal(err)
	}
	names, err := parseNames([]string{"https://shop.client.co.uk/x", "client.co.uk", "other.example"}, reader)
	if err != nil || len(names) != 2 || names[0].Host != "shop.client.co.uk" || names[0].Registrable != "client.co.uk" {
		t.Errorf("%+v, %v", names, err)
	}
	if _, err := parseNames([]string{"a.example", "A.example", "192.0.2.1"}, reader); err == nil || !strings.Contains(err.Error(), "argument 3") {
		t.Errorf("%v", err)
	}
}
