package main

import (
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/monitor"
)

// What a registry is known to allow bounds the configured pace, and what the operator states replaces it.
func TestServersAreAskedAsTheirRegistriesAllow(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	c := configs.Default()
	c.RDAP.PerSecond, c.WHOIS.PerSecond = 2, 0.5
	own := c
	own.Politeness = configs.Politeness{PerDay: 500, Servers: configs.ServerPaces{
		"whois.nic.uk": {PerDay: 900}, "rdap.own.example": {PerSecond: 9}, "127.0.0.1:4343": {PerMinute: 30}, "whois.norid.no": {PerSecond: 3, PerMinute: 200},
	}}
	for name, x := range map[string]struct {
		c      configs.Config
		server string
		want   monitor.Limit
	}{
		"unknown RDAP":  {c, "https://rdap.example", monitor.Limit{PerSecond: 2, Windows: []monitor.Window{{N: 57_600, Per: day}}}},
		"unknown WHOIS": {c, "whois.unknown.example:43", monitor.Limit{PerSecond: 0.5, Windows: []monitor.Window{{N: 14_400, Per: day}}}},
		"published":     {c, "whois.nic.uk:43", monitor.Limit{PerSecond: 0.5, Windows: []monitor.Window{{N: 5, Per: time.Second}, {N: 1000, Per: day}}}},
		"an alias":      {c, "whois.iedr.ie:43", monitor.Limit{PerSecond: 0.5, Windows: []monitor.Window{{N: 100, Per: day}}, Shared: "whois.weare.ie:43"}},
		"its first":     {c, "whois.weare.ie:43", monitor.Limit{PerSecond: 0.5, Windows: []monitor.Window{{N: 100, Per: day}}, Shared: "whois.weare.ie:43"}},

		"our own calm day":       {own, "https://rdap.example", monitor.Limit{PerSecond: 2, Windows: []monitor.Window{{N: 500, Per: day}}}},
		"a stated day":           {own, "whois.nic.uk:43", monitor.Limit{PerSecond: 0.5, Windows: []monitor.Window{{N: 5, Per: time.Second}, {N: 900, Per: day}}}},
		"a stated pace":          {own, "https://rdap.own.example/", monitor.Limit{PerSecond: 9, Windows: []monitor.Window{{N: 500, Per: day}}}},
		"a port":                 {own, "http://127.0.0.1:4343/x", monitor.Limit{PerSecond: 2, Windows: []monitor.Window{{N: 500, Per: day}, {N: 30, Per: time.Minute}}}},
		"raised, the day stands": {own, "whois.norid.no:43", monitor.Limit{PerSecond: 3, Windows: []monitor.Window{{N: 3000, Per: day}, {N: 200, Per: time.Minute}}}},
	} {
		if diff := cmp.Diff(x.want, serverLimits(x.c)(x.server)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, known := range catalog.ServerLimits() {
		server := known.Server + ":43"
		if known.Protocol == "rdap" {
			server = "https://" + known.Server
		}
		if got := serverLimits(c)(server); len(got.Windows) != len(known.Windows) || got.Shared != "" && got.Shared != server {
			t.Errorf("%s: %+v", server, got)
		}
	}
}

// Source addresses are never rotated: there is no setting of one, nor of a proxy.
func TestNoSettingHidesWhoAsks(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`(?i)proxy|proxies|source_?addr|local_?addr|bind|egress|rotat|outbound`)
	var walk func(t reflect.Type, path string, found func(path string))
	walk = func(t reflect.Type, path string, found func(path string)) {
		if t.Kind() == reflect.Pointer || t.Kind() == reflect.Map || t.Kind() == reflect.Slice {
			walk(t.Elem(), path, found)
			return
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for f := range t.Fields() {
			if forbidden.MatchString(f.Name) || forbidden.MatchString(f.Tag.Get("yaml")) {
				found(path + "." + f.Name)
			}
			walk(f.Type, path+"."+f.Name, found)
		}
	}
	walk(reflect.TypeFor[configs.Config](), "config", func(path string) {
		t.Errorf("%s: a setting by which looks could come from several addresses", path)
	})
	seen := 0
	walk(reflect.TypeFor[struct{ LocalAddr string }](), "", func(string) { seen++ })
	if seen != 1 {
		t.Error("the test would not find one")
	}
}
