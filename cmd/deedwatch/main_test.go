package main

import (
	"io"
	"os"
	"testing"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

// envProgram makes a copy of this test binary be the program itself, so that a test can start it and kill it.
const envProgram = "PROGRAM_UNDER_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(envProgram) != "" {
		go func() { // the test holds the other end: what it started ends with it, however it ends
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(exitProblems)
		}()
		os.Exit(run(os.Args[1:], streams{out: os.Stdout, err: os.Stderr, environ: os.Environ()}))
	}
	os.Exit(pgtest.Main(m))
}
