package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/lab"
)

// process is the program in a process of its own.
type process struct {
	cmd *exec.Cmd
	in  io.Closer
	log *os.File
	end sync.Once
	err error
}

// startProgram starts the program with these settings and nothing else that begins with the prefix of settings.
func startProgram(t *testing.T, settings []string, args ...string) *process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0], args...), log: log}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, configs.EnvPrefix) {
			p.cmd.Env = append(p.cmd.Env, kv)
		}
	}
	p.cmd.Env = append(append(p.cmd.Env, settings...), envProgram+"=1")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("process %d said last:\n%s", p.cmd.Process.Pid, p.tail())
		}
	})
	return p
}

// worker is the name under which the process looks.
func (p *process) worker() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return host + ":" + strconv.Itoa(p.cmd.Process.Pid)
}

// kill ends the process with SIGKILL and waits until it is gone. It says whether the process lived until then.
func (p *process) kill() bool {
	_ = p.cmd.Process.Kill()
	p.wait()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stop asks the process to end and gives how it ended.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	p.wait()
	return p.err
}

func (p *process) wait() {
	p.end.Do(func() {
		p.err = p.cmd.Wait()
		_ = p.in.Close()
		_ = p.log.Close()
	})
}

func (p *process) tail() string {
	content, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	const most = 4000
	return string(content[max(0, len(content)-most):])
}

// openAllDay points the program at a lab, with an agency that is always open, as environment variables.
func openAllDay(e lab.Endpoints, database string, now time.Time) []string {
	settings := []string{
		"DEEDWATCH_DATABASE=" + database, "DEEDWATCH_LINKS_KEY=" + strings.Repeat("an invented key ", 3), "DEEDWATCH_BASE_URL=https://watch.agency.example",
		"DEEDWATCH_AGENCY_NAME=Anchor Agency", "DEEDWATCH_AGENCY_FROM_ADDRESS=domains@agency.example", "DEEDWATCH_AGENCY_PHONE=555-0100",
		"DEEDWATCH_AGENCY_SUPPORT_URL=https://agency.example/support", "DEEDWATCH_AGENCY_TIME_ZONE=" + awakeZone(now), "DEEDWATCH_AGENCY_OPEN_DAYS=mon,tue,wed,thu,fri,sat,sun",
		"DEEDWATCH_NOTICES_SEND_AT=00:00", "DEEDWATCH_NOTICES_SEND_UNTIL=23:59", "DEEDWATCH_NOTICES_ANY_DAY_FROM=60",
		"DEEDWATCH_STORM_SHARE=1", "DEEDWATCH_STORM_MINIMUM=100000",
		"DEEDWATCH_NETWORK_ALLOW_PRIVATE=true", "DEEDWATCH_RDAP_BOOTSTRAP=" + e.RDAPBootstrapURL, "DEEDWATCH_RDAP_OVERRIDES=" + pairs(e.RDAPOverrides),
		"DEEDWATCH_WHOIS_SERVERS=" + pairs(e.WHOISServers), "DEEDWATCH_RDAP_PER_SECOND=100", "DEEDWATCH_WHOIS_PER_SECOND=100",
		"DEEDWATCH_DNS_ROOT_HINTS=" + strings.Join(e.RootHints, ","), "DEEDWATCH_DNS_PORT=" + strconv.Itoa(e.DNSPort), "DEEDWATCH_DNS_ADDRESS_MAP=" + pairs(e.AddressMap),
		"DEEDWATCH_DNS_IPV6=false", "DEEDWATCH_DNS_PER_SECOND=1000", "DEEDWATCH_ENGINE_DNS_WORKERS=2",
		"DEEDWATCH_ENGINE_SWEEP_EVERY=1s",
	}
	return slices.DeleteFunc(settings, func(kv string) bool { return strings.HasSuffix(kv, "=") })
}

// awakeZone is a zone in which neither now nor the next hours lie near midnight.
func awakeZone(now time.Time) string {
	if h := now.UTC().Hour(); h >= 3 && h < 18 {
		return "UTC"
	}
	return "Etc/GMT+12"
}

func pairs(m map[string]string) string {
	list := make([]string, 0, len(m))
	for k, v := range m {
		list = append(list, k+"="+v)
	}
	return strings.Join(list, ",")
}

// within polls until the condition holds, and reports whether it did in time.
func within(limit, every time.Duration, ok func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(every) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

func sqliteFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "deedwatch.db")
}
