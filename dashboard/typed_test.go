package dashboard_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

// What is typed into the search comes back in the form: without what nobody can type.
func TestTypedTextComesBackPrintable(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserViewer)
	for typed, want := range map[string]string{
		"har\x1b[31mbor\r\nline\x00": `value="har[31mborline"`,
		"\u202egro.\u2066lab\u2028":  `value="gro.lab"`,
		"\u009b31m \xff":             `value="31m"`,
		"ශ්\u200dරී":                 "value=\"ශ්\u200dරී\"", // a joiner belongs to the word
		strings.Repeat("\x1b", 200):  `name="q"`,
	} {
		page := s.get("/domains?q=" + url.QueryEscape(typed))
		page.want(t, 200, want)
		page.lacks(t, "\x1b", "\x00", "\u009b", "\u202e", "\u2066", "\u2028")
	}
}
