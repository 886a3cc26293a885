package e2e_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// needBrowser skips unless the browser tests are asked for, by the test script or in CI: they install packages and take a minute.
func needBrowser(t *testing.T) {
	t.Helper()
	if os.Getenv("DEEDWATCH_TEST_BROWSER") == "" {
		t.Skip("set DEEDWATCH_TEST_BROWSER=1 to drive the demo in Chromium; ./test does")
	}
}

// The demo, from the empty board to the answered notice, on a desk and on a phone.
func TestDemoInBrowser(t *testing.T) {
	needBrowser(t)
	play(t, "demo.mjs", 12, "--fill-after", "25s")
}

// What staff does about notices, clicked form by form.
func TestStaffInBrowser(t *testing.T) {
	needBrowser(t)
	play(t, "staff.mjs", 12)
}

// play runs a script against a demo of its own, and wants at least so many of its steps.
func play(t *testing.T, script string, steps int, flags ...string) {
	t.Helper()
	dir := installed(t)
	base, user, password := startDemo(t, flags...)
	shots := os.Getenv("DEEDWATCH_SHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script, base, user, password, shots)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s does not hold in the browser: %v", script, err)
	}
	if n := strings.Count(string(out), "step: "); n < steps {
		t.Errorf("%d steps were seen, want at least %d", n, steps)
	}
}

// installed copies the scripts beside freshly installed packages, so that nothing is left in the source tree.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob("browser/*.*")
	if err != nil || len(files) < 5 {
		t.Fatalf("the scripts are not all there: %v %v", files, err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}

var login = regexp.MustCompile(`(?s)demo: (http://\S+).*sign in as (\S+) with the password (\S+)`)

// startDemo runs the README's first command on a free port.
func startDemo(t *testing.T, flags ...string) (base, user, password string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "deedwatch")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../../cmd/deedwatch").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(context.Background(), bin, append([]string{"demo", "--listen", "127.0.0.1:0"}, flags...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo did not end cleanly: %v", err)
		}
	})
	lines, said := make(chan string), ""
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(stderr); s.Scan(); {
			lines <- s.Text()
		}
	}()
	deadline := time.After(time.Minute)
	for {
		select {
		case line, ok := <-lines:
			if said += line + "\n"; !ok {
				t.Fatalf("the demo ended:\n%s", said)
			}
			if m := login.FindStringSubmatch(said); m != nil {
				go func() {
					for range lines { // keep the pipe empty
					}
				}()
				return m[1], m[2], m[3]
			}
		case <-deadline:
			t.Fatalf("the demo did not come up:\n%s", said)
		}
	}
}
