package configs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/configs"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deedwatch.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNoFileIsNeeded(t *testing.T) {
	c, err := configs.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(configs.Default(), c, cmp.AllowUnexported(configs.Secret{})); diff != "" {
		t.Errorf("a load without a file differs from the defaults:\n%s", diff)
	}
}

// The example file is what people copy: it must show every key, with the default.
func TestExampleFileShowsEveryKeyWithItsDefault(t *testing.T) {
	c, err := configs.Load("deedwatch.example.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	d := configs.Default()
	opt := cmp.Options{cmp.AllowUnexported(configs.Secret{}), cmp.FilterValues(func(a, b any) bool { return empty(a) && empty(b) }, cmp.Ignore())}
	if diff := cmp.Diff(d, c, opt); diff != "" {
		t.Errorf("example differs from defaults:\n%s", diff)
	}
	content, err := os.ReadFile("deedwatch.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range configs.Keys() {
		key := path[strings.LastIndex(path, ".")+1:] + ":"
		if !strings.Contains(string(content), key) {
			t.Errorf("deedwatch.example.yaml does not show %s", path)
		}
	}
}

func empty(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || ((r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0)
}

func TestAgencyFileLoads(t *testing.T) {
	c, err := configs.Load("krest.yaml", []string{"DEEDWATCH_DATABASE=krest.db"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Agency.TimeZone != "America/Los_Angeles" || c.Agency.Opens != "09:00" || c.Notices.AnswerHours != 48 {
		t.Errorf("the agency's policy was not read: %+v", c.Agency)
	}
}

// A ladder without a stage would warn nobody.
func TestALadderNeedsAStage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	if err := os.WriteFile(path, []byte("notices: {stages: []}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Load(path, nil); err == nil || !strings.Contains(err.Error(), "notices.stages must name at least one") {
		t.Errorf("got %v", err)
	}
}

// Each rule has one small file that breaks it, which begins with the exact message.
func TestEveryRuleHasItsMessage(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) != configs.Rules() {
		t.Fatalf("%d bad files for %d rules, %v", len(files), configs.Rules(), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(content), "\n")
			want := f + ": " + strings.TrimPrefix(first, "# want: ")
			_, err = configs.Load(f, nil)
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if _, ok := errors.AsType[*configs.Error](err); !ok {
				t.Errorf("%T is not a *configs.Error", err)
			}
		})
	}
}

func TestSecretsOfMailServices(t *testing.T) {
	const sendgrid = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAElcyn6HPHWDQOrfq6a+Vz3otUHY0hTJEcbPyv1F3YbCvw/fEA695qv4bu1mJBitKswJPv2/dOvWMBtxA48yVnJw=="
	for _, c := range []struct {
		format, secret string
		fits           bool
	}{
		{"postmark", "open sesame", true},
		{"mailgun", "key", true},
		{"ses", "arn:aws:sns:eu-west-1:1234:mail open", true},
		{"ses", "open sesame", false},
		{"standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true},
		{"standard", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},
		{"standard", "open sesame", false},
		{"sendgrid", sendgrid, true},
		{"sendgrid", "open sesame", false},
	} {
		text := "bounces: {webhooks: [{name: relay, format: " + c.format + ", secret: \"" + c.secret + "\"}]}\n"
		if _, err := configs.Load(write(t, text), nil); (err == nil) != c.fits {
			t.Errorf("%s %q: %v; with a secret that fits nothing all reports are refused", c.format, c.secret, err)
		}
	}
}

func TestUnknownKeyNamesLineAndExcerpt(t *testing.T) {
	_, err := configs.Load(write(t, "listen: 127.0.0.1:0\nagency:\n  titel: Krest\n"), nil)
	if err == nil {
		t.Fatal("a misspelt key was accepted")
	}
	for _, want := range []string{"[3:3]", `unknown field "titel"`, "titel: Krest"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("message lacks %q:\n%v", want, err)
		}
	}
}

func TestMalformedValuesAreErrors(t *testing.T) {
	for _, content := range []string{"dns: {port: many}", "smtp: {timeout: soon}", "listen: [", "- a\n- b", "storm: {share: much}"} {
		if _, err := configs.Load(write(t, content), nil); err == nil {
			t.Errorf("%q was accepted", content)
		}
	}
	if _, err := configs.Load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil || !strings.Contains(err.Error(), "can't be read") {
		t.Errorf("missing file: %v", err)
	}
}

// People comment out every key of a section, or the whole file: what is left must not wipe the defaults.
func TestEmptySectionsKeepTheDefaults(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "---\n", "agency:\n  # name: x\nsmtp:\n", "log: ~\n", "listen:\n", "{}"} {
		c, err := configs.Load(write(t, content), nil)
		if err != nil {
			t.Errorf("%q: %v", content, err)
			continue
		}
		if diff := cmp.Diff(configs.Default(), c, cmp.AllowUnexported(configs.Secret{})); diff != "" {
			t.Errorf("%q changed the defaults:\n%s", content, diff)
		}
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	path := write(t, "listen: 127.0.0.1:1\nsmtp: {address: 'file.example:25'}\nagency: {phone: '555', support_url: 'https://a.example/'}\n")
	c, err := configs.Load(path, []string{
		"DEEDWATCH_LISTEN=127.0.0.1:2", "DEEDWATCH_SMTP_TLS=tls", "DEEDWATCH_SMTP_TIMEOUT=7s", "DEEDWATCH_NETWORK_ALLOW_PRIVATE=true",
		"DEEDWATCH_RDAP_OVERRIDES=lab=http://127.0.0.1:9/,shoplab=http://127.0.0.1:8/", "DEEDWATCH_WHOIS_SERVERS=lab=127.0.0.1:43",
		"DEEDWATCH_AGENCY_OPEN_DAYS=mon,sat", "DEEDWATCH_STORM_SHARE=0.5", "PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Listen, c.SMTP.Address, c.SMTP.TLS, c.SMTP.Timeout, c.Network.AllowPrivate, c.RDAP.Overrides["shoplab"], c.WHOIS.Servers["lab"], c.Agency.OpenDays, c.Storm.Share}
	want := []any{"127.0.0.1:2", "file.example:25", "tls", 7 * time.Second, true, "http://127.0.0.1:8/", "127.0.0.1:43", []string{"mon", "sat"}, 0.5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPacesOfServers(t *testing.T) {
	const file = "politeness:\n  per_day: 5000\n  servers:\n    whois.nic.uk: {per_second: 4, per_day: 900}\n    '127.0.0.1:4343': {per_minute: 60}\n"
	want := configs.Politeness{PerDay: 5000, Servers: configs.ServerPaces{"whois.nic.uk": {PerSecond: 4, PerDay: 900}, "127.0.0.1:4343": {PerMinute: 60}}}
	c, err := configs.Load(write(t, file), nil)
	if diff := cmp.Diff(want, c.Politeness); err != nil || diff != "" {
		t.Error(err, diff)
	}
	c, err = configs.Load(write(t, file), []string{"DEEDWATCH_POLITENESS_SERVERS={whois.nic.fr: {per_day: 7000}}", "DEEDWATCH_NAMES_SPECIAL_USE=local"})
	if diff := cmp.Diff(configs.ServerPaces{"whois.nic.fr": {PerDay: 7000}}, c.Politeness.Servers); err != nil || diff != "" || !cmp.Equal(c.Names.SpecialUse, []string{"local"}) {
		t.Error(err, diff, c.Names.SpecialUse)
	}
	for why, bad := range map[string]string{
		"a key that is none":  "{whois.nic.uk: {per_hour: 9}}",
		"nothing stated":      "{whois.nic.uk: {}}",
		"below zero":          "{whois.nic.uk: {per_day: 9, per_minute: -1}}",
		"capitals":            "{WHOIS.nic.uk: {per_day: 9}}",
		"a port beyond ports": "{'whois.nic.uk:99999': {per_day: 9}}",
		"no map":              "whois.nic.uk=9",
	} {
		if _, err := configs.Load("", []string{"DEEDWATCH_POLITENESS_SERVERS=" + bad}); err == nil {
			t.Errorf("%s was accepted", why)
		}
		if strings.Contains(bad, "{}") {
			continue // an empty section of a file says nothing, here as elsewhere
		}
		if _, err := configs.Load(write(t, "politeness: {servers: "+bad+"}"), nil); err == nil {
			t.Errorf("%s was accepted in a file", why)
		}
	}
}

func TestUnknownVariableIsAnError(t *testing.T) {
	_, err := configs.Load("", []string{"DEEDWATCH_LISTNE=127.0.0.1:2"})
	if err == nil || !strings.Contains(err.Error(), "DEEDWATCH_LISTNE is not a setting") {
		t.Errorf("got %v", err)
	}
}

// Every key must be reachable by a variable: a leaf without an env tag would be collected under the bare prefix.
func TestEveryKeyHasAVariable(t *testing.T) {
	leaves := 0
	var count func(reflect.Type)
	count = func(tp reflect.Type) {
		for f := range tp.Fields() {
			if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[configs.Secret]() {
				count(f.Type)
				continue
			}
			leaves++
		}
	}
	count(reflect.TypeFor[configs.Config]())
	keys := configs.Keys()
	if len(keys) != leaves {
		t.Errorf("%d variables for %d keys", len(keys), leaves)
	}
	for k, path := range keys {
		if want := "DEEDWATCH_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_")); k != want {
			t.Errorf("%s is set by %s, want %s", path, k, want)
		}
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	s := configs.NewSecret("hunter2hunter2")
	j, err := json.Marshal(struct{ S configs.Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s)
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%+v", struct{ S configs.Secret }{s}), string(j), log.String()} {
		if strings.Contains(out, "hunter2") || strings.Contains(out, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("shown: %s", out)
		}
	}
	if s.Reveal() != "hunter2hunter2" {
		t.Error("Reveal must give the value")
	}
}

func TestSecretFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(strings.Repeat("k", 40)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ yaml, env string }{{"links: {key: 'file:" + file + "'}", ""}, {"", "DEEDWATCH_LINKS_KEY=file:" + file}} {
		got, err := configs.Load(write(t, c.yaml), []string{c.env})
		if err != nil {
			t.Fatal(err)
		}
		if got.Links.Key.Reveal() != strings.Repeat("k", 40) {
			t.Errorf("file content not used for %+v", c)
		}
	}
}
