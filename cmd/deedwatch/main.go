// Command deedwatch watches the registration and the DNS of domains that belong to an agency's clients, tells the owners in time, and keeps
// the register of the access they delegated.
//
// This package is the composition root: it turns configs into each package's options, wires handlers into the engine, and starts and
// stops the parts in order. Whatever can be decided or tested alone lives elsewhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the binary is self-contained: zones must be known in an empty container too

	"github.com/alecthomas/kong"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// The exit codes of the command line, a contract with scripts.
const (
	exitFine     = 0
	exitProblems = 1 // check found problems, or the command failed
	exitUsage    = 2 // usage, configuration or input
	exitNoLook   = 3 // could not look
)

// streams are the program's surroundings, so that a test can be one.
type streams struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
}

// cli is the command line.
type cli struct {
	Config string `help:"Configuration file (YAML). Without one, defaults and DEEDWATCH_… variables count." type:"path" env:"DEEDWATCH_CONFIG" placeholder:"FILE"`

	Demo         demoCmd         `cmd:"" help:"Run the whole product against a small internet of its own, with a clock you can advance."`
	Serve        serveCmd        `cmd:"" help:"Serve the pages. On SQLite this also does the work."`
	Work         workCmd         `cmd:"" help:"Look, judge and send, without pages. Any number of these may run on PostgreSQL."`
	Check        checkCmd        `cmd:"" help:"Look at names now, without a database."`
	Connections  connectionsCmd  `cmd:"" help:"Services that are connected to domains: what is known, what a template does, what a domain points to."`
	Parse        parseCmd        `cmd:"" help:"Read a WHOIS or RDAP answer from standard input."`
	Names        namesCmd        `cmd:"" help:"Say what a pasted list of names, addresses and URLs comes to."`
	Import       importCmd       `cmd:"" help:"Import a portfolio from CSV."`
	Export       exportCmd       `cmd:"" help:"Write the board, the portfolio, the records or the history as CSV or JSON."`
	Notices      noticesCmd      `cmd:"" help:"Notices: what waits, how it reads, what comes; hold, release and try it."`
	Suppressions suppressionsCmd `cmd:"" help:"Addresses that are not written to: list, add, lift."`
	Ledger       ledgerCmd       `cmd:"" help:"The proof of what clients were told: verify it, export it, erase a person from it."`
	Access       accessCmd       `cmd:"" help:"The register of delegated access."`
	User         userCmd         `cmd:"" help:"Accounts of the agency's staff."`
	Migrate      migrateCmd      `cmd:"" help:"Bring the database's schema up to date."`
	Doctor       doctorCmd       `cmd:"" help:"Check the settings, the database, the network and what is covered."`
	Bench        benchCmd        `cmd:"" help:"Measure this program on this machine, against a small internet of its own."`
	Health       healthCmd       `cmd:"" help:"Ask a running instance whether it is up; for containers."`
	Lab          labCmd          `cmd:"" help:"Serve a small internet on loopback, to test against."`
}

func main() {
	os.Exit(run(os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}))
}

// run is main as a function of its arguments.
func run(args []string, s streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return runContext(ctx, args, s)
}

func runContext(ctx context.Context, args []string, s streams) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("deedwatch"), kong.Description("Watches clients' domains; the clients own and renew them."),
		kong.Writers(s.out, s.err), kong.Exit(func(n int) { code = n }), kong.UsageOnError())
	if err != nil {
		_, _ = fmt.Fprintln(s.err, "deedwatch:", err)
		return exitUsage
	}
	k, err := parser.Parse(args)
	if code >= 0 { // --help was answered
		return code
	}
	if err != nil {
		_, _ = fmt.Fprintln(s.err, "deedwatch:", err)
		return exitUsage
	}
	k.BindTo(ctx, (*context.Context)(nil))
	return exitCode(k.Run(&c, s), s.err)
}

// exitError carries an exit code that is not a failure of the program.
type exitError struct {
	code int
	msg  string // may be empty: everything was said already
}

func (e *exitError) Error() string { return e.msg }

// usage is an error about what the caller gave.
func usage(format string, args ...any) error {
	return &exitError{code: exitUsage, msg: fmt.Sprintf(format, args...)}
}

func exitCode(err error, w io.Writer) int {
	if err == nil {
		return exitFine
	}
	if err.Error() != "" {
		_, _ = fmt.Fprintln(w, "deedwatch:", err)
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*configs.Error](err); ok || errors.Is(err, models.ErrInvalid) || errors.Is(err, store.ErrSchemaBehind) || errors.Is(err, store.ErrSchemaAhead) {
		return exitUsage
	}
	return exitProblems
}
