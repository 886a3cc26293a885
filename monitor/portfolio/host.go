package portfolio

import (
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
)

// belowGiven gives a record's host in full where its line names the domain by a host below it: for shop.client.example, "www" is
// www.shop.client.example, and no host or "@" is the shop itself. A leading "www" of the name given is the habit of writing a site's
// address, no host to be relative to. A host below the registered name stands for itself.
func belowGiven(host string, name catalog.Name) string {
	given := strings.TrimPrefix(name.Host, "www.")
	if given == name.Registrable || !strings.HasSuffix(given, "."+name.Registrable) {
		return host
	}
	bare := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	switch {
	case bare == "" || bare == "@":
		return given
	case bare == name.Registrable || strings.HasSuffix(bare, "."+name.Registrable):
		return bare
	}
	return bare + "." + given
}
