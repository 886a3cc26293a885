// Command testcount reads the events of one or more `go test -json` runs, shows what failed, and ends with a line that counts the tests.
// It exits 1 when a test or a package failed, or when no test ran.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

type tally struct {
	passed, failed, skipped int
	broken                  []string // packages that failed without a failing test
	output                  map[string][]string
	noise                   []string
}

func main() {
	verbose := flag.Bool("verbose", false, "show each package and what was skipped")
	flag.Parse()
	t := tally{output: map[string][]string{}}
	for _, path := range flag.Args() {
		f, err := os.Open(path) //nolint:gosec // files named by the test script
		if err != nil {
			fmt.Fprintln(os.Stderr, "testcount:", err)
			os.Exit(2)
		}
		t.read(f, *verbose)
		_ = f.Close()
	}
	for _, line := range t.noise {
		fmt.Println(line)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed+len(t.broken), t.skipped)
	if t.failed+len(t.broken) > 0 || t.passed == 0 {
		os.Exit(1)
	}
}

func (t *tally) read(r io.Reader, verbose bool) {
	failing := map[string]bool{} // packages with a failing test
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var e event
		if json.Unmarshal(s.Bytes(), &e) != nil {
			t.noise = append(t.noise, s.Text())
			continue
		}
		t.take(e, failing, verbose)
	}
}

func (t *tally) take(e event, failing map[string]bool, verbose bool) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		t.output[key] = append(t.output[key], e.Output)
	case "pass", "skip", "fail":
		if e.Test == "" {
			t.pkg(e, failing[e.Package], verbose)
			return
		}
		t.test(e, key, failing, verbose)
	}
}

func (t *tally) test(e event, key string, failing map[string]bool, verbose bool) {
	switch e.Action {
	case "pass":
		t.passed++
		// Figures that a test logs on purpose are marked, so that a green run still shows them.
		for _, line := range t.output[key] {
			if i := strings.Index(line, "FIGURE "); i >= 0 && verbose {
				fmt.Print("  ", line[i:])
			}
		}
	case "skip":
		t.skipped++
		if verbose {
			fmt.Printf("  skipped %s: %s", key, strings.Join(slices.DeleteFunc(t.output[key], frame), ""))
		}
	case "fail":
		t.failed++
		failing[e.Package] = true
		if verbose {
			fmt.Printf("FAILED %s\n%s", key, strings.Join(slices.DeleteFunc(t.output[key], frame), ""))
		}
	}
	delete(t.output, key)
}

func (t *tally) pkg(e event, explained, verbose bool) {
	if e.Action == "fail" && !explained {
		t.broken = append(t.broken, e.Package)
		if verbose {
			fmt.Printf("BROKEN %s\n%s", e.Package, strings.Join(t.output[e.Package+" "], ""))
		}
	}
	if verbose && e.Action != "skip" {
		fmt.Printf("  %-4s %7.1f s  %s\n", e.Action, e.Elapsed, e.Package)
	}
}

func frame(line string) bool {
	return strings.HasPrefix(line, "=== ")
}
