package notify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

// Every shipped language can say what stops with the records of each service in the catalogue, and nothing else.
func TestEveryPurposeOfTheCatalogueIsTranslated(t *testing.T) {
	known := map[string]bool{}
	for _, s := range services.Shipped().Services() {
		known[s.Notes.Breaks] = true
	}
	files, err := filepath.Glob("templates/*/words.json")
	if err != nil || len(files) < 2 || len(known) < 30 {
		t.Fatalf("%d languages, %d purposes: %v", len(files), len(known), err)
	}
	for _, file := range files {
		if strings.Contains(file, "/en/") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var words struct {
			Purposes map[string]string `json:"purposes"`
		}
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		for english := range known {
			if said := words.Purposes[english]; strings.TrimSpace(said) == "" || said == english {
				t.Errorf("%s has no words for %q", file, english)
			}
		}
		for english := range words.Purposes {
			if !known[english] {
				t.Errorf("%s: the catalogue says nowhere %q", file, english)
			}
		}
	}
}
