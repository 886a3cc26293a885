package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"text/tabwriter"
)

// benchCmd measures the program on this machine, against a small internet of its own in another process.
type benchCmd struct {
	Registration benchRegistrationCmd `cmd:"" help:"Looks at registrations: speed, cost, memory, allocations; or with --plan how they are spread over the servers."`
	DNS          benchDNSCmd          `cmd:"" name:"dns" help:"Looks at delegations and records: speed, cost, memory, against real name servers and other clients."`
	Notices      benchNoticesCmd      `cmd:"" help:"A day of notices: planning, collecting and handing over, in time and memory."`
	World        benchWorldCmd        `cmd:"" hidden:"" help:"Serve the world that is measured against, until standard input ends."`
	DNSWorld     benchDNSWorldCmd     `cmd:"" name:"dns-world" hidden:"" help:"Serve what NSD does not of the world of name servers, until standard input ends."`
}

// benchFlags are what every measurement takes.
type benchFlags struct {
	Reps     int    `help:"Repetitions; medians and the spread are printed." default:"5" placeholder:"R"`
	Postgres string `help:"Measure on PostgreSQL too, in a database that is made on this server and dropped afterwards." env:"DEEDWATCH_TEST_POSTGRES" placeholder:"DSN"`
	JSON     bool   `name:"json" help:"Print one JSON document."`
	Profile  string `help:"Write a CPU profile of what is measured to this file." placeholder:"FILE" type:"path"`
}

const mostReps = 100

func (f *benchFlags) check() error {
	if f.Reps < 1 || f.Reps > mostReps {
		return usage("--reps must be 1 to %d", mostReps)
	}
	return nil
}

// profiled runs the work under the CPU profiler when a file was named for it.
func (f *benchFlags) profiled(work func() error) (err error) {
	if f.Profile == "" {
		return work()
	}
	out, err := os.Create(f.Profile)
	if err != nil {
		return usage("--profile: %v", err)
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
	}()
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return work()
}

// benchMachine says where figures were measured; only those of one run compare.
type benchMachine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

func thisMachine() benchMachine {
	return benchMachine{runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()}
}

func (m benchMachine) String() string {
	return fmt.Sprintf("%s/%s, %d CPUs, %s", m.OS, m.Arch, m.CPUs, m.Go)
}

// printTable prints rows under a head, the first column to the left and figures to the right.
func printTable(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	say := printer{w: t}
	width := len(head[0])
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	for _, r := range append([][]string{head}, rows...) {
		cells := append([]string{fmt.Sprintf("%-*s", width, r[0])}, r[1:]...)
		say.line("%s\t", strings.Join(cells, "\t"))
	}
	if say.err != nil {
		return say.err
	}
	return t.Flush()
}
