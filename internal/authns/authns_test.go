package authns_test

import (
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/internal/authns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const zone = "@ SOA ns h 1 60 60 60 60\n@ NS ns\nns A 127.77.1.1\n"

func TestServersOfAllMakesAnswerAndStop(t *testing.T) {
	var r *authns.Running
	t.Run("while the test runs", func(t *testing.T) {
		r = authns.Start(t,
			authns.Server{Make: authns.NSD, Addr: "127.77.1.1", Zones: []authns.Zone{{Origin: ".", Text: zone}}},
			authns.Server{Make: authns.Knot, Addr: "127.77.1.2", Zones: []authns.Zone{{Origin: "lab.", Text: zone}, {Origin: "example.lab.", Text: zone}}},
			authns.Server{Make: authns.NSD, Addr: "127.77.1.3"},
			authns.Server{Make: authns.Knot, Addr: "127.77.1.4"},
			authns.Server{Make: authns.BIND, Addr: "127.77.1.5", Zones: []authns.Zone{{Origin: "lab.", Text: zone}, {Origin: "broken.lab.", Broken: true}}},
			authns.Server{Make: authns.BIND, Addr: "127.77.1.6"},
		)
		if len(r.RootHints) != 1 || r.RootHints[0].Port() != r.Port || r.RootHints[0].Addr().String() != "127.77.1.1" {
			t.Errorf("root hints %v, port %d", r.RootHints, r.Port)
		}
		hints, err := os.ReadFile(r.HintsFile)
		if err != nil || strings.TrimSpace(string(hints)) != r.RootHints[0].String() {
			t.Errorf("hints file %q, %v", hints, err)
		}
	})
	if r == nil || t.Skipped() {
		return
	}
	conn, err := net.DialTimeout("tcp", r.RootHints[0].String(), time.Second)
	if err == nil {
		_ = conn.Close()
		t.Error("a server outlived its test")
	}
}

// recorder is a test that notes how it ended.
type recorder struct {
	testing.TB
	skipped, failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.skipped = true; runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.failed = true; runtime.Goexit() }

func TestAMissingProgramFailsInCIOnly(t *testing.T) {
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			authns.Start(r, authns.Server{Make: "no-such-name-server", Addr: "127.77.1.9"})
		}()
		<-done
		if r.failed != (ci != "") || r.skipped != (ci == "") {
			t.Errorf("CI=%q: failed %v, skipped %v", ci, r.failed, r.skipped)
		}
	}
}
