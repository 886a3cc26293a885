package ops_test

import (
	"os"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/notify/ops"
)

func TestEveryKindIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := ops.Kinds()
	for _, kind := range append(kinds, "batch", "ping") {
		if !strings.Contains(string(text), "`"+kind+"`") {
			t.Errorf("docs/webhooks.md does not speak of %s", kind)
		}
	}
	if len(kinds) < 25 {
		t.Errorf("only %d kinds", len(kinds))
	}
}
