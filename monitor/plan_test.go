package monitor_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/monitor"
)

// planWorld routes .com and .net to one host, .ie to a strict server, .uk to two that count together, and .zz nowhere.
func planWorld(names int) monitor.PlanRequest {
	routes := map[string]string{"com": "https://rdap.big", "net": "https://rdap.big", "ie": "whois.ie:43", "uk": "whois.uk:43", "org.uk": "whois2.uk:43"}
	return monitor.PlanRequest{
		Names:  names,
		Mix:    []monitor.SuffixShare{{"com", 70, ""}, {"net", 10, ""}, {"ie", 10, ""}, {"uk", 4, ""}, {"org.uk", 4, ""}, {"zz", 2, ""}},
		Stages: monitor.Stages{Far: 80, Near: 15, Close: 4, Trouble: 1},
		Route: func(suffix string) string {
			if s, ok := routes[suffix]; ok {
				return s
			}
			return monitor.ServerUnsupported
		},
		Limit: func(server string) monitor.Limit {
			switch server {
			case "whois.ie:43":
				return monitor.Limit{Windows: []monitor.Window{{100, day}}}
			case "whois.uk:43", "whois2.uk:43":
				return monitor.Limit{Windows: []monitor.Window{{5, time.Second}, {1000, day}}, Shared: "whois.uk:43"}
			}
			return monitor.Limit{PerSecond: 1}
		},
	}
}

func planOf(p monitor.Plan, server string) monitor.ServerPlan {
	return p.Servers[slices.IndexFunc(p.Servers, func(s monitor.ServerPlan) bool { return s.Server == server })]
}

func TestAPlanSaysWhatEveryServerBears(t *testing.T) {
	t.Parallel()
	p := monitor.PlanRegistration(planWorld(1000))
	// An average name: 0.15 daily, 0.04 four times a day, 0.8 weekly, and 0.01 every 75 minutes, but every 5.5 hours where 87 looks a day
	// are allowed.
	perName, often, seldom := 0.15+0.04*4+0.8/7, 0.01*24*60/75, 0.01*87.27/20
	want := 980*perName + 880*often + 100*seldom
	if math.Abs(p.LooksPerDay-want) > 0.01 || p.Unsupported != 20 || p.Names != 1000 {
		t.Errorf("%.2f looks a day, %d without a server; want %.2f and 20", p.LooksPerDay, p.Unsupported, want)
	}
	var servers []string
	for _, s := range p.Servers {
		servers = append(servers, s.Server)
	}
	if !slices.Equal(servers, []string{"https://rdap.big", "whois.uk:43", "whois.ie:43"}) {
		t.Fatalf("servers: %v", servers)
	}
	big, uk, ie := p.Servers[0], p.Servers[1], p.Servers[2]
	if big.Names != 800 || !slices.Equal(big.Suffixes, []string{"com", "net"}) || big.FullSweep != 799*time.Second || big.FarEvery != 7*day || big.Load > 0.01 {
		t.Errorf("the big one: %+v", big)
	}
	if uk.Names != 80 || math.Abs(uk.PerDay-1000*951/1100*1.0) > 1000 || uk.Load > 0.1 {
		t.Errorf("two that count together: %+v", uk)
	}
	// 100 names need 47 looks a day of the 87 that 100 in any 24 hours come to, when a tenth is left as a margin.
	if ie.Load < 0.5 || ie.Load > 0.6 || !ie.NearServed || ie.FarEvery != 7*day || len(p.Short) != 0 {
		t.Errorf("the strict one: %+v, short %v", ie, p.Short)
	}
	if want := 95 * 16.5 * float64(time.Hour) / 60; math.Abs(float64(ie.FullSweep)-want) > float64(2*time.Hour) {
		t.Errorf("a sweep of 100 names at 100 a day takes %v", ie.FullSweep)
	}

	p = monitor.PlanRegistration(planWorld(2200)) // 220 names: 78 looks a day for the near ones, 25 for the far
	if ie := planOf(p, "whois.ie:43"); !ie.NearServed || ie.FarEvery <= 7*day || ie.FarEvery > 70*day || !slices.Equal(p.Short, []string{"whois.ie:43"}) {
		t.Errorf("a shortage is borne by the far-off names: %+v", ie)
	}
	p = monitor.PlanRegistration(planWorld(3000))
	if ie := planOf(p, "whois.ie:43"); ie.NearServed || ie.FarEvery != 0 {
		t.Errorf("not even the near ones can be served: %+v", ie)
	}
}

func TestTheDefaultPortfolioIsWhole(t *testing.T) {
	t.Parallel()
	total, seen := 0.0, map[string]bool{}
	for _, m := range monitor.DefaultMix() {
		if m.Note == "" || m.Share <= 0 || seen[m.Suffix] {
			t.Errorf("%+v", m)
		}
		total, seen[m.Suffix] = total+m.Share, true
	}
	if math.Abs(total-1) > 0.005 {
		t.Errorf("the shares sum to %.4f", total)
	}
	s := monitor.DefaultStages()
	if sum := s.Far + s.Near + s.Close + s.Trouble; math.Abs(sum-1) > 1e-9 {
		t.Errorf("the stages sum to %v", sum)
	}
	if near, far := s.LooksPerDay(0); near+far < 0.3 || near+far > 0.5 {
		t.Errorf("%.3f looks a name and day", near+far)
	}
}

func TestNoNameOfAPlanIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := planWorld(rapid.IntRange(0, 2_000_000).Draw(t, "names"))
		q.Mix = monitor.DefaultMix()
		servers := rapid.IntRange(1, 5).Draw(t, "servers")
		q.Route = func(suffix string) string { return string(rune('a' + len(suffix)%servers)) }
		p := monitor.PlanRegistration(q)
		names := p.Unsupported
		for _, s := range p.Servers {
			names += s.Names
			if s.FullSweep > p.FirstLoad || s.Load > 1 != slices.Contains(p.Short, s.Server) || s.FarEvery != 0 && s.FarEvery < 7*day {
				t.Fatalf("%+v", s)
			}
		}
		if names != q.Names {
			t.Fatalf("%d of %d names", names, q.Names)
		}
	})
}
