package services_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

// What public templates and exported zones look like where the reference suite has no case.
func TestSPFRulesAsPeopleWriteThem(t *testing.T) {
	for _, tt := range []struct{ why, zone, rules, want string }{
		{"a rule set with an ending must not cut off the client's own", "v=spf1 mx -all", "include:a.example ~all", "v=spf1 include:a.example mx -all"},
		{"nor a whole record", "v=spf1 mx -all", "V=SPF1 include:a.example -all", "v=spf1 include:a.example mx -all"},
		{"a whole record where none is", "", "v=spf1 include:a.example -all", "v=spf1 include:a.example ~all"},
		{"a rule behind all is never read", "v=spf1 -all include:a.example", "include:a.example", "v=spf1 include:a.example -all include:a.example"},
		{"strings as in a zone file are put together without a space", `"v=spf1 mx" " -all"`, "include:a.example", "v=spf1 include:a.example mx -all"},
		{"and say what they hold", `"v=spf1 include:a.ex" "ample -all"`, "include:a.example", `"v=spf1 include:a.ex" "ample -all"`},
		{"a redirect stays the last word", "v=spf1 redirect=_spf.b.example", "include:a.example", "v=spf1 include:a.example redirect=_spf.b.example"},
	} {
		var zone []services.ZoneRecord
		if tt.zone != "" {
			zone = zoneOf("TXT @ " + tt.zone)
		}
		r, err := services.Apply(services.Application{Template: templateOf(t, `{"type":"SPFM","host":"@","spfRules":"`+tt.rules+`"}`), Domain: "bakery.example", Zone: zone})
		if d := cmp.Diff([]string{"TXT @ " + tt.want}, rows(r.Records)); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", tt.why, err, d)
		}
	}
	_, err := services.Apply(services.Application{Template: templateOf(t, `{"type":"SPFM","host":"@","spfRules":"v=spf1 -all"}`), Domain: "bakery.example"})
	if err == nil {
		t.Error("an ending alone is no rule")
	}
}

func TestTextsOfZoneFiles(t *testing.T) {
	for _, tt := range []struct {
		why, zone, record string
		want              []string
	}{
		{"quoted is the same text", `TXT @ "site=abc"`, `{"type":"TXT","host":"@","data":"site=abc"}`, []string{`TXT @ "site=abc"`}},
		{"in two strings too", `TXT @ site=abc; d`, `{"type":"TXT","host":"@","data":"\"site=\" \"abc\\059\\ d\""}`, []string{`TXT @ site=abc; d`}},
		{"a quote that does not close is a part of the text", `TXT @ "site=abc`, `{"type":"TXT","host":"@","data":"site=abc"}`, []string{`TXT @ "site=abc`, `TXT @ site=abc`}},
		{"a prefix is one of the text", `TXT @ "site=old"`, `{"type":"TXT","host":"@","data":"site=new","txtConflictMatchingMode":"Prefix","txtConflictMatchingPrefix":"site="}`, []string{`TXT @ site=new`}},
	} {
		r, err := services.Apply(services.Application{Template: templateOf(t, tt.record), Domain: "bakery.example", Zone: zoneOf(tt.zone)})
		if d := cmp.Diff(tt.want, rows(r.Records)); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", tt.why, err, d)
		}
	}
}

func TestRecordsAtTheEdge(t *testing.T) {
	for _, tt := range []struct {
		why, host, records string
		vars               map[string]string
		want               string
	}{
		{"no mail is taken", "", `{"type":"MX","host":"@","pointsTo":".","priority":0}`, nil, "MX @ ."},
		{"there is no such service", "", `{"type":"SRV","name":"_sip._tcp","service":"_sip","protocol":"_tcp","target":"."}`, nil, "SRV _sip._tcp ."},
		{"an alias to nothing is none", "x", `{"type":"CNAME","host":"@","pointsTo":"."}`, nil, "InvalidData"},
		{"a service record that names its service beside the name", "", `{"type":"SRV","name":"@","service":"_sip","protocol":"_tls","port":443,"target":"sip.a.example"}`, nil, "SRV @ sip.a.example"},
		{"a delegation with the key of the other zone", "x", `{"type":"NS","host":"@","pointsTo":"ns1.a.example"},{"type":"DS","host":"@","data":"1 13 2 AB"}`, nil, "DS x 1 13 2 AB; NS x ns1.a.example"},
		{"a variable with two values", "", `{"type":"TXT","host":"@","data":"%a%"}`, map[string]string{"a": "1", "A": "2"}, "InvalidData"},
		{"one value twice is one", "", `{"type":"TXT","host":"@","data":"%a%"}`, map[string]string{"a": "1", "A": "1"}, "TXT @ 1"},
	} {
		for range 8 { // maps have no order
			r, err := services.Apply(services.Application{Template: templateOf(t, tt.records), Domain: "bakery.example", Host: tt.host, Variables: tt.vars})
			got := strings.Join(rows(r.New), "; ")
			if e, ok := err.(*services.Error); ok { //nolint:errorlint // Apply promises this very type
				got = string(e.Reason)
			}
			if got != tt.want {
				t.Fatalf("%s: %s, want %s (%v)", tt.why, got, tt.want, err)
			}
		}
	}
}

func TestNamesInFull(t *testing.T) {
	r, err := services.Apply(services.Application{
		Template: templateOf(t, `{"type":"A","host":"www","pointsTo":"192.0.2.9"},{"type":"A","host":"@","pointsTo":"192.0.2.9"}`),
		Domain:   "bakery.example", Zone: zoneOf("A www.Bakery.example. 192.0.2.1", "A bakery.example. 192.0.2.1", "A shop. 192.0.2.1"),
	})
	if d := cmp.Diff([]string{"A @ 192.0.2.9", "A shop 192.0.2.1", "A www 192.0.2.9"}, rows(r.Records)); err != nil || d != "" {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
}

// made is a record with its origin in an earlier connection.
func made(line, id, service string) services.ZoneRecord {
	r := zoneOf(line)[0]
	r.Origin = services.Origin{"id": id, "providerId": "p.example", "serviceId": service, "host": "", "essential": "Always"}
	return r
}

func TestWhatAnEarlierConnectionLeaves(t *testing.T) {
	apply := func(records string, zone ...services.ZoneRecord) []string {
		t.Helper()
		r, err := services.Apply(services.Application{Template: templateOf(t, records), Domain: "bakery.example", Zone: zone, Instance: "new"})
		if err != nil {
			t.Fatal(err)
		}
		return rows(r.Records)
	}
	got := apply(`{"type":"TXT","host":"@","data":"same"},{"type":"A","host":"www","pointsTo":"192.0.2.9"}`, made("TXT @ same", "old", "other"), made("A www 192.0.2.1", "old", "other"))
	if d := cmp.Diff([]string{"A www 192.0.2.9", "TXT @ same"}, got); d != "" {
		t.Errorf("a text that both want stays when the other connection goes: (-want +got)\n%s", d)
	}
	got = apply(`{"type":"CNAME","host":"k","pointsTo":"k.a.example"}`, made("CNAME k k.a.example.", "old", "other"), made("A www 192.0.2.1", "old", "other"))
	if d := cmp.Diff([]string{"A www 192.0.2.1", "CNAME k k.a.example"}, got); d != "" {
		t.Errorf("the very same record is no conflict: (-want +got)\n%s", d)
	}
}

// Applying one group again is not asked about the others: their records stay.
func TestOneGroupAgain(t *testing.T) {
	tpl := templateOf(t, `{"type":"TXT","host":"@","data":"one=%v%","groupId":"1"},{"type":"A","host":"www","pointsTo":"192.0.2.1","groupId":"2"},{"type":"MX","host":"@","pointsTo":"m%v%.a.example","groupId":"1"}`)
	apply := func(zone []services.ZoneRecord, id, value string, groups ...string) services.Result {
		t.Helper()
		r, err := services.Apply(services.Application{Template: tpl, Domain: "bakery.example", Zone: zone, Instance: id, Variables: map[string]string{"v": value}, Groups: groups})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := apply(nil, "first", "a")
	again := apply(first.Records, "second", "b", "1")
	if d := cmp.Diff([]string{"A www 192.0.2.1", "MX @ mb.a.example", "TXT @ one=b"}, rows(again.Records)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff([]string{"A www 192.0.2.1", "MX @ mc.a.example", "TXT @ one=c"}, rows(apply(again.Records, "third", "c").Records)); d != "" {
		t.Errorf("without groups all is replaced: (-want +got)\n%s", d)
	}
}

func TestRequestValues(t *testing.T) {
	q, err := services.ReadRequest(strings.NewReader(`{"domain":"bakery.example","template_records":[{"type":"A","host":"@","pointsTo":"192.0.2.1","ttl":"0600"}],"zone_records":[{"type":"TXT","name":"@","data":"x","ttl":"0300"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(q.Answer(services.Shipped()))
	if err != nil || !strings.Contains(string(out), `"ttl":300`) || !strings.Contains(string(out), `"ttl":600`) {
		t.Errorf("a number with zeros in front: %v %s", err, out)
	}
	if _, err := services.ReadRequest(strings.NewReader(`{"domain":"bakery.example","params":{"a":null}}`)); err == nil {
		t.Error("null is no value of a variable")
	}
}

// A template of the public form: the name of the service stands beside "@", and a text is written in quotes.
func TestPublicFormsAreExpectedAsDNSHasThem(t *testing.T) {
	s := services.Service{Template: templateOf(t, `{"type":"SRV","name":"@","service":"_sip","protocol":"_tls","port":443,"weight":1,"priority":100,"target":"sip.a.example"},
		{"type":"SRV","name":"_xmpp._tcp","service":"xmpp","protocol":"tcp","port":1,"weight":1,"priority":1,"target":"x.a.example"},
		{"type":"TXT","host":"@","data":"\"site=abc\""}`)}
	records, _, err := services.Expect(s, "bakery.example", "", nil)
	var got []string
	for _, r := range records {
		got = append(got, r.Host+" "+r.Type+" "+strings.Join(r.Values, ","))
	}
	want := []string{"_sip._tls.bakery.example SRV 100 1 443 sip.a.example", "_xmpp._tcp.bakery.example SRV 1 1 1 x.a.example", "bakery.example TXT site=abc"}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
}

func TestServiceRecordsAreDiscoveredAtTheirOwnName(t *testing.T) {
	c, err := services.Load(fstest.MapFS{"v.json": {Data: []byte(`{"providerId":"voice.example","serviceId":"calls","records":[
		{"type":"SRV","name":"@","service":"_sip","protocol":"_tls","port":443,"weight":1,"priority":100,"target":"sip.voice.example"}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if q := c.Questions(); len(q) != 1 || q[0] != (services.Question{Name: "_sip._tls", Type: "SRV"}) {
		t.Errorf("asked: %v", q)
	}
	s, _ := c.ByCode("voice.example/calls")
	if got := s.Records[0].Row(); got != (services.Row{Type: "SRV", Host: "_sip._tls", Value: "100 1 443 sip.voice.example"}) {
		t.Errorf("shown: %+v", got)
	}
	found := services.Discover(c, "bakery.example", zoneOf("SRV _sip._tls sip.voice.example"))
	if len(found) != 1 || found[0].Host != "@" || !found[0].Complete() {
		t.Errorf("found: %v", found)
	}
}
