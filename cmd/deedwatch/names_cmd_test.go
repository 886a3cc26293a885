package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPastedNames(t *testing.T) {
	text := "https://Www.Harborline.co.uk/about?x=1\n\"Ada\" <ada@harborline.co.uk>, bäckerei-wren.de\n192.0.2.1\nco.uk\nshop\x1b[31m!.com\n"
	code, out, errs := command(t, []byte(text), "names", "--json")
	if code != exitUsage {
		t.Fatalf("exit %d, want 2: %s", code, errs)
	}
	var docs []nameDoc
	if err := json.Unmarshal([]byte(out), &docs); err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, d := range docs {
		line := string(d.State)
		if d.Domain != nil {
			line += " " + *d.Domain
		}
		if d.Host != nil {
			line += " " + *d.Host
		}
		if (d.Reason == "") == (d.Domain == nil) {
			t.Errorf("%+v: a refusal says why, and nothing else does", d)
		}
		got = append(got, line)
	}
	want := []string{"name harborline.co.uk www.harborline.co.uk", "duplicate harborline.co.uk", "name xn--bckerei-wren-gcb.de", "refused", "refused", "refused"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out)
	}
	if code, out, _ = command(t, []byte(text), "names"); code != exitUsage || strings.Contains(out, "\x1b") || !strings.Contains(out, "line 4: \"co.uk\" refused: ") {
		t.Errorf("exit %d: %q", code, out)
	}
	if code, out, errs = command(t, nil, "names", "harborline.co.uk"); code != exitFine || out != "line 1: harborline.co.uk\n" {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
}
