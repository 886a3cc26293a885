package services_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

// rows writes records as "TYPE name data", one a line.
func rows(records []services.ZoneRecord) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.Type+" "+r.Name+" "+r.Data)
	}
	slices.Sort(out)
	return out
}

func zoneOf(lines ...string) []services.ZoneRecord {
	var zone []services.ZoneRecord
	for _, l := range lines {
		f := strings.SplitN(l, " ", 3)
		zone = append(zone, services.ZoneRecord{Type: f[0], Name: f[1], Data: f[2]})
	}
	return zone
}

func templateOf(t *testing.T, records string) services.Template {
	t.Helper()
	tpl := services.Template{ProviderID: "p.example", ServiceID: "s", ServiceName: "S"}
	if err := json.Unmarshal([]byte("["+records+"]"), &tpl.Records); err != nil {
		t.Fatal(err)
	}
	return tpl
}

// The conflict rules of the format, one pair a row: what a new record leaves of what stands at its name and below.
func TestConflicts(t *testing.T) {
	const (
		a      = `{"type":"A","host":"x","pointsTo":"192.0.2.9"}`
		aaaa   = `{"type":"AAAA","host":"x","pointsTo":"2001:db8::9"}`
		cname  = `{"type":"CNAME","host":"x","pointsTo":"n.example"}`
		mx     = `{"type":"MX","host":"x","pointsTo":"n.example","priority":1}`
		srv    = `{"type":"SRV","host":"x","target":"n.example","protocol":"tcp","service":"_y","port":1}`
		ns     = `{"type":"NS","host":"x","pointsTo":"n.example"}`
		txt    = `{"type":"TXT","host":"x","data":"new"}`
		txtAll = `{"type":"TXT","host":"x","data":"new","txtConflictMatchingMode":"All"}`
		prefix = `{"type":"TXT","host":"x","data":"p=new","txtConflictMatchingMode":"Prefix","txtConflictMatchingPrefix":"p="}`
		below  = `{"type":"A","host":"deep.x","pointsTo":"192.0.2.9"}`
		other  = `{"type":"CAA","host":"x","data":"0 issue \"n.example\""}`
	)
	full := []string{"A x 192.0.2.1", "AAAA x 2001:db8::1", "MX x m.example", "SRV x s.example", "TXT x p=old", "TXT x old", "CAA x 0 issue", "A y.x 192.0.2.2", "A y 192.0.2.3"}
	for _, tt := range []struct {
		why, record string
		zone        []string
		gone        []string
	}{
		{"addresses replace addresses of both families", a, full, []string{"A x 192.0.2.1", "AAAA x 2001:db8::1"}},
		{"of IPv6 too", aaaa, full, []string{"A x 192.0.2.1", "AAAA x 2001:db8::1"}},
		{"an alias leaves nothing at its name", cname, full, []string{"A x 192.0.2.1", "AAAA x 2001:db8::1", "CAA x 0 issue", "MX x m.example", "SRV x s.example", "TXT x old", "TXT x p=old"}},
		{"mail servers replace mail servers", mx, full, []string{"MX x m.example"}},
		{"services replace services", srv, full, []string{"SRV x s.example"}},
		{"a delegation leaves nothing at its name and below", ns, full, []string{"A x 192.0.2.1", "A y.x 192.0.2.2", "AAAA x 2001:db8::1", "CAA x 0 issue", "MX x m.example", "SRV x s.example", "TXT x old", "TXT x p=old"}},
		{"texts stand beside texts", txt, full, nil},
		{"unless the template wants them all gone", txtAll, full, []string{"TXT x old", "TXT x p=old"}},
		{"or those that begin like it", prefix, full, []string{"TXT x p=old"}},
		{"other types have no rules", other, full, nil},
		{"an alias gives way to addresses", a, []string{"CNAME x o.example"}, []string{"CNAME x o.example"}},
		{"and to mail servers", mx, []string{"CNAME x o.example"}, []string{"CNAME x o.example"}},
		{"and to texts", txt, []string{"CNAME x o.example"}, []string{"CNAME x o.example"}},
		{"a delegation gives way to what lies in it", below, []string{"NS x o.example", "NS y o.example"}, []string{"NS x o.example"}},
		{"the case of names does not matter", a, []string{"a X 192.0.2.1"}, []string{"A x 192.0.2.1"}},
	} {
		r, err := services.Apply(services.Application{Template: templateOf(t, tt.record), Domain: "bakery.example", Zone: zoneOf(tt.zone...)})
		if err != nil {
			t.Errorf("%s: %v", tt.why, err)
			continue
		}
		if d := cmp.Diff(tt.gone, rows(r.Deleted)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
		if len(r.New) != 1 || len(r.Records) != len(tt.zone)-len(tt.gone)+1 {
			t.Errorf("%s: %v, in all %v", tt.why, r.New, r.Records)
		}
	}
}

func TestSPFRulesAreMerged(t *testing.T) {
	for _, tt := range []struct {
		why   string
		zone  []string
		rules string
		want  []string
		fresh int
	}{
		{"none is there: the mildest ending", nil, "include:a.example", []string{"TXT @ v=spf1 include:a.example ~all"}, 1},
		{"the ending that is there stays", []string{"TXT @ v=spf1 mx -all"}, "include:a.example", []string{"TXT @ v=spf1 include:a.example mx -all"}, 1},
		{"a rule that is there is not said twice", []string{"TXT @ v=spf1 INCLUDE:a.example -all"}, "include:a.example", []string{"TXT @ v=spf1 INCLUDE:a.example -all"}, 0},
		{"nor one that says the plus that is meant anyway", []string{"TXT @ v=spf1 +include:a.example -all"}, "include:a.example", []string{"TXT @ v=spf1 +include:a.example -all"}, 0},
		{"a rule that a longer one begins with is another", []string{"TXT @ v=spf1 include:a.example.org -all"}, "include:a.example", []string{"TXT @ v=spf1 include:a.example include:a.example.org -all"}, 1},
		{"only what is missing is added", []string{"TXT @ v=spf1 include:a.example -all"}, "include:a.example include:b.example", []string{"TXT @ v=spf1 include:b.example include:a.example -all"}, 1},
		{"other texts stay", []string{"TXT @ v=spf10 mx", "TXT @ words"}, "include:a.example", []string{"TXT @ v=spf1 include:a.example ~all", "TXT @ v=spf10 mx", "TXT @ words"}, 1},
		{"that of another name is another", []string{"TXT www v=spf1 -all"}, "include:a.example", []string{"TXT @ v=spf1 include:a.example ~all", "TXT www v=spf1 -all"}, 1},
	} {
		r, err := services.Apply(services.Application{Template: templateOf(t, `{"type":"SPFM","host":"@","spfRules":"`+tt.rules+`"}`), Domain: "bakery.example", Zone: zoneOf(tt.zone...)})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, rows(r.Records)); d != "" || len(r.New) != tt.fresh {
			t.Errorf("%s: %d new (-want +got)\n%s", tt.why, len(r.New), d)
		}
	}
	both := templateOf(t, `{"type":"SPFM","host":"@","spfRules":"include:a.example"},{"type":"SPFM","host":"@","spfRules":"include:b.example"}`)
	r, err := services.Apply(services.Application{Template: both, Domain: "bakery.example"})
	if d := cmp.Diff([]string{"TXT @ v=spf1 include:b.example include:a.example ~all"}, rows(r.Records)); err != nil || d != "" {
		t.Errorf("two rules of one template make one record: %v %s", err, d)
	}
}

func TestVariablesAndPlaces(t *testing.T) {
	for _, tt := range []struct {
		why, host, record string
		vars              map[string]string
		want              string // a row, or the reason
	}{
		{"a relative host", "shop", `{"type":"A","host":"www","pointsTo":"192.0.2.1"}`, nil, "A www.shop 192.0.2.1"},
		{"the place itself", "shop", `{"type":"A","host":"@","pointsTo":"192.0.2.1"}`, nil, "A shop 192.0.2.1"},
		{"a whole name ends in a dot", "shop", `{"type":"A","host":"www.bakery.example.","pointsTo":"192.0.2.1"}`, nil, "A www 192.0.2.1"},
		{"the domain's own name", "shop", `{"type":"A","host":"%domain%.","pointsTo":"192.0.2.1"}`, nil, "A @ 192.0.2.1"},
		{"somebody else's name", "", `{"type":"A","host":"www.other.example.","pointsTo":"192.0.2.1"}`, nil, "InvalidData"},
		{"built-ins", "shop", `{"type":"TXT","host":"@","data":"%FQDN% %host% %Domain%"}`, nil, "TXT shop shop.bakery.example shop bakery.example"},
		{"names of variables have no case", "", `{"type":"TXT","host":"@","data":"%ToKen%"}`, map[string]string{"tOKEN": "x"}, "TXT @ x"},
		{"a value is put in once", "", `{"type":"TXT","host":"@","data":"%a%"}`, map[string]string{"a": "%b%", "b": "no"}, "TXT @ %b%"},
		{"no value", "", `{"type":"TXT","host":"@","data":"%a%"}`, nil, "MissingParameter"},
		{"an empty value is one", "", `{"type":"TXT","host":"@","data":"<%a%>"}`, map[string]string{"a": ""}, "TXT @ <>"},
		{"an open variable", "", `{"type":"TXT","host":"@","data":"100%"}`, nil, "InvalidTemplate"},
		{"a target that is the place", "shop", `{"type":"CNAME","host":"www","pointsTo":"@"}`, nil, "CNAME www.shop shop.bakery.example"},
		{"a target that is no name", "", `{"type":"CNAME","host":"www","pointsTo":"a b"}`, nil, "InvalidData"},
		{"an alias at the apex", "", `{"type":"CNAME","host":"@","pointsTo":"a.example"}`, nil, "InvalidData"},
		{"a name server that is the place", "shop", `{"type":"NS","host":"@","pointsTo":"@"}`, nil, "InvalidData"},
		{"an address of the other family", "", `{"type":"A","host":"@","pointsTo":"2001:db8::1"}`, nil, "InvalidData"},
		{"an address with a zone", "", `{"type":"AAAA","host":"@","pointsTo":"fe80::1%25eth0"}`, nil, "InvalidTemplate"},
		{"a number that is none", "", `{"type":"A","host":"@","pointsTo":"192.0.2.1","ttl":"%t%"}`, map[string]string{"t": "soon"}, "InvalidData"},
		{"a number beyond the wire's", "", `{"type":"MX","host":"@","pointsTo":"m.example","priority":65536}`, nil, "InvalidData"},
		{"a number with something beside it", "", `{"type":"A","host":"@","pointsTo":"192.0.2.1","ttl":"1%t%"}`, map[string]string{"t": "0"}, "InvalidData"},
		{"a protocol that is none", "", `{"type":"SRV","host":"_x","target":"a.example","protocol":"sctp","service":"_x"}`, nil, "InvalidData"},
		{"APEXCNAME below the apex", "", `{"type":"APEXCNAME","host":"www","pointsTo":"a.example"}`, nil, "InvalidData"},
		{"a redirect with nobody to carry it out", "", `{"type":"REDIR301","host":"old","target":"https://new.example/"}`, nil, "InvalidTemplate"},
		{"a type without data", "", `{"type":"CAA","host":"@","data":" "}`, nil, "InvalidData"},
		{"texts by a prefix that nobody gave", "", `{"type":"TXT","host":"@","data":"x","txtConflictMatchingMode":"Prefix"}`, nil, "InvalidTemplate"},
		{"texts by a rule that there is not", "", `{"type":"TXT","host":"@","data":"x","txtConflictMatchingMode":"Some"}`, nil, "InvalidTemplate"},
		{"no type", "", `{"type":"","host":"@"}`, nil, "TypeError"},
		{"a label beyond 63", "", `{"type":"A","host":"` + strings.Repeat("x", 64) + `","pointsTo":"192.0.2.1"}`, nil, "InvalidData"},
		{"a wildcard", "", `{"type":"A","host":"*","pointsTo":"192.0.2.1"}`, nil, "A * 192.0.2.1"},
		{"a wildcard in the middle", "", `{"type":"A","host":"a.*","pointsTo":"192.0.2.1"}`, nil, "InvalidData"},
		{"two that can't stand together", "", `{"type":"CNAME","host":"x","pointsTo":"a.example"},{"type":"TXT","host":"x","data":"y"}`, nil, "InvalidData"},
	} {
		r, err := services.Apply(services.Application{Template: templateOf(t, tt.record), Domain: "bakery.example", Host: tt.host, Variables: tt.vars})
		got := strings.Join(rows(r.New), "; ")
		if e, ok := err.(*services.Error); ok { //nolint:errorlint // Apply promises this very type
			got = string(e.Reason)
			if e.Error() == "" || len(r.Records) > 0 {
				t.Errorf("%s: %q with %v", tt.why, e.Error(), r.Records)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.why, got, tt.want, err)
		}
	}
}

func TestGroupsAndInstances(t *testing.T) {
	tpl := templateOf(t, `{"type":"TXT","host":"@","data":"one=%v%","groupId":"1"},{"type":"TXT","host":"@","data":"two","groupId":"2","essential":"OnApply"}`)
	apply := func(zone []services.ZoneRecord, id, value string, multi bool, groups ...string) services.Result {
		t.Helper()
		tpl.MultiInstance = multi
		r, err := services.Apply(services.Application{Template: tpl, Domain: "bakery.example", Zone: zone, Instance: id, Variables: map[string]string{"v": value}, Groups: groups})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if got := rows(apply(nil, "", "a", false, "2").Records); !slices.Equal(got, []string{"TXT @ two"}) {
		t.Errorf("one group: %v", got)
	}
	mixed := templateOf(t, `{"type":"TXT","host":"@","data":"always"},{"type":"TXT","host":"@","data":"two","groupId":"2"},{"type":"TXT","host":"@","data":"three","groupId":"3"}`)
	some, err := services.Apply(services.Application{Template: mixed, Domain: "bakery.example", Groups: []string{"2"}})
	if got := rows(some.Records); err != nil || !slices.Equal(got, []string{"TXT @ always", "TXT @ two"}) {
		t.Errorf("what is in no group belongs to every choice: %v %v", got, err)
	}
	first := apply(nil, "first", "a", false)
	if o := first.New[0].Origin; o["id"] != "first" || o["providerId"] != "p.example" || o["essential"] != "Always" || first.New[1].Origin["essential"] != "OnApply" {
		t.Errorf("where it comes from: %v", first.New)
	}
	if got := rows(apply(first.Records, "second", "b", false).Records); !slices.Equal(got, []string{"TXT @ one=b", "TXT @ two"}) {
		t.Errorf("the same template again replaces itself: %v", got)
	}
	if got := rows(apply(first.Records, "second", "b", true).Records); !slices.Equal(got, []string{"TXT @ one=a", "TXT @ one=b", "TXT @ two"}) {
		t.Errorf("several instances stand side by side: %v", got)
	}
	all := templateOf(t, `{"type":"TXT","host":"@","data":"mine","txtConflictMatchingMode":"Prefix","txtConflictMatchingPrefix":"one="}`)
	all.ServiceID = "another"
	r, err := services.Apply(services.Application{Template: all, Domain: "bakery.example", Zone: first.Records, Instance: "third"})
	if d := cmp.Diff([]string{"TXT @ one=a", "TXT @ two"}, rows(r.Deleted)); err != nil || d != "" {
		t.Errorf("a connection without what it can't do without goes whole: %v %s", err, d)
	}
}

// The one SPF record of a name holds the rules of many: taking a connection back must not take the client's own rules with it.
func TestAnEarlierApplicationLeavesTheClientsSPF(t *testing.T) {
	tpl := templateOf(t, `{"type":"SPFM","host":"@","spfRules":"include:a.example"},{"type":"CNAME","host":"k._domainkey","pointsTo":"k.a.example"}`)
	apply := func(zone []services.ZoneRecord, id string) []services.ZoneRecord {
		t.Helper()
		r, err := services.Apply(services.Application{Template: tpl, Domain: "bakery.example", Zone: zone, Instance: id})
		if err != nil {
			t.Fatal(err)
		}
		return r.Records
	}
	want := []string{"CNAME k._domainkey k.a.example", "TXT @ v=spf1 include:a.example mx -all"}
	once := apply(zoneOf("TXT @ v=spf1 mx -all"), "first")
	if d := cmp.Diff(want, rows(once)); d != "" {
		t.Error("applied once (-want +got)\n", d)
	}
	if d := cmp.Diff(want, rows(apply(once, "second"))); d != "" {
		t.Error("applied again (-want +got)\n", d)
	}
	other := templateOf(t, `{"type":"A","host":"k._domainkey","pointsTo":"192.0.2.1"}`)
	other.ServiceID = "another"
	r, err := services.Apply(services.Application{Template: other, Domain: "bakery.example", Zone: once, Instance: "third"})
	if d := cmp.Diff([]string{"A k._domainkey 192.0.2.1", want[1]}, rows(r.Records)); err != nil || d != "" {
		t.Errorf("displaced by another connection: %v (-want +got)\n%s", err, d)
	}
}
