package rdap

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The most that is taken of a list from outside.
const (
	maxStatuses    = 32
	maxNameservers = 64
	maxDS          = 32
	maxSkipped     = 16
)

// facts reads what a domain object states on name (RFC 9083 section 5.3). now is the instant of the look.
func facts(o object, name string, now time.Time) *models.Facts {
	registered := true
	f := &models.Facts{Registered: &registered, DNSSEC: models.DNSSECUnknown, Statuses: []string{}, Nameservers: []string{}, Skipped: []string{}}
	readEvents(f, o, now)
	readStatuses(f, o)
	readNameservers(f, o)
	readRegistrar(f, o)
	readSecureDNS(f, o)
	f.RelatedURL = relatedURL(o, name)
	return f
}

// skip notes what was seen and not used, bounded and printable.
func skip(f *models.Facts, what string) {
	if what = clean(what, 120); len(f.Skipped) < maxSkipped && !slices.Contains(f.Skipped, what) {
		f.Skipped = append(f.Skipped, what)
	}
}

// readStatuses maps the RDAP spelling to the EPP one (RFC 8056 section 2).
func readStatuses(f *models.Facts, o object) {
	for _, stated := range o.words("status") {
		for s := range strings.FieldsFuncSeq(clean(stated, 1000), func(r rune) bool { return r == ',' || r == ';' }) {
			if s = eppStatus(s); s != "" && !slices.Contains(f.Statuses, s) && len(f.Statuses) < maxStatuses {
				f.Statuses = append(f.Statuses, s)
			}
		}
	}
}

// readNameservers takes names only: sorted, each once.
func readNameservers(f *models.Facts, o object) {
	for _, v := range o.list("nameservers") {
		name := hostName(v.string())
		for _, key := range []string{"ldhName", "unicodeName"} {
			if name == "" {
				name = hostName(v.object().str(key))
			}
		}
		switch {
		case name == "":
			skip(f, "a name server without a readable name")
		case !slices.Contains(f.Nameservers, name) && len(f.Nameservers) < maxNameservers:
			f.Nameservers = append(f.Nameservers, name)
		}
	}
	slices.Sort(f.Nameservers)
}

// readSecureDNS reads whether the delegation is signed, and its DS records (RFC 9083 section 5.3). zoneSigned is about the zone and not its
// delegation, and states nothing here.
func readSecureDNS(f *models.Facts, o object) {
	var signed, unsigned, keys bool
	for _, sec := range o.objects("secureDNS") {
		readDS(f, sec)
		keys = keys || len(sec.objects("keyData")) > 0
		if value, stated := sec.truth("delegationSigned"); stated {
			signed, unsigned = signed || value, unsigned || !value
		}
	}
	evident := len(f.DS) > 0 || keys
	switch {
	case unsigned && (signed || evident):
		skip(f, "secureDNS says that the delegation is not signed, and holds its keys")
	case signed, evident:
		f.DNSSEC = models.DNSSECSigned
	case unsigned:
		f.DNSSEC = models.DNSSECUnsigned
	}
}

// readDS takes the DS records of one secureDNS object, each once.
func readDS(f *models.Facts, sec object) {
	for _, d := range sec.objects("dsData") {
		ds := models.DS{
			KeyTag: d.number("keyTag"), Algorithm: d.number("algorithm"), DigestType: d.number("digestType"),
			Digest: strings.ToLower(strings.ReplaceAll(clean(d.str("digest"), 256), " ", "")),
		}
		switch {
		case ds.Digest == "" || strings.Trim(ds.Digest, "0123456789abcdef") != "" || ds.KeyTag < 0 || ds.KeyTag > 0xffff:
			skip(f, "a DS record that can't be read")
		case !slices.Contains(f.DS, ds) && len(f.DS) < maxDS:
			f.DS = append(f.DS, ds)
		}
	}
}
