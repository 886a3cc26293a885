package monitor

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// wanted gives the values to be entered: all of an exact set, else the first that would do.
func (w *repairer) wanted() []string {
	if w.rec.Match == models.MatchExact || len(w.rec.Values) < 2 {
		return w.rec.Values
	}
	w.note("Any one of these values will do: " + listValues(w.rec.Values) + ".")
	return w.rec.Values[:1]
}

// reason reports whether an entry of Seen says why there are no values.
func reason(values []string) bool {
	return len(values) == 1 && strings.HasPrefix(values[0], "<") && strings.HasSuffix(values[0], ">")
}

// stated reports whether a server stated something on the record: values, or that there are none.
func stated(values []string) bool {
	return len(values) > 0 && (!reason(values) || values[0] == "<NODATA>" || values[0] == "<NXDOMAIN>")
}

// servers splits those that stated something into the ones that have the record as expected and the others, each sorted.
func (w *repairer) servers() (right, others []string) {
	for _, server := range slices.Sorted(maps.Keys(w.rec.Seen)) {
		values := w.rec.Seen[server]
		switch {
		case !stated(values):
		case !reason(values) && fits(w.rec, values):
			right = append(right, server)
		default:
			others = append(others, server)
		}
	}
	return right, others
}

// distinct gives every value that some server answered, sorted.
func (w *repairer) distinct() []string {
	var all []string
	for _, values := range w.rec.Seen {
		if !reason(values) {
			all = append(all, values...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// fits reports whether one server's canonical values are what is expected.
func fits(rec *models.ExpectedRecord, values []string) bool {
	expected := func(v string) bool { return slices.Contains(rec.Values, v) }
	switch rec.Match {
	case models.MatchExact:
		return slices.Equal(valueSet(values), valueSet(rec.Values))
	case models.MatchOneOf:
		return !slices.ContainsFunc(values, func(v string) bool { return !expected(v) })
	case models.MatchContains, models.MatchPrefix, models.MatchSuffix, models.MatchPattern:
	}
	return slices.ContainsFunc(values, func(v string) bool {
		return slices.ContainsFunc(rec.Values, func(want string) bool { return fitsOne(rec, v, want) })
	})
}

func valueSet(values []string) []string { return slices.Compact(slices.Sorted(slices.Values(values))) }

func fitsOne(rec *models.ExpectedRecord, v, want string) bool {
	switch rec.Match {
	case models.MatchPrefix:
		return strings.HasPrefix(v, want) || rec.Type != "TXT" && strings.HasPrefix(v+".", want)
	case models.MatchSuffix:
		return strings.HasSuffix(v, want)
	case models.MatchPattern:
		flags := "(?i)"
		if rec.Type == "TXT" {
			flags = ""
		}
		re, err := regexp.Compile(flags + `^(?:` + want + `)$`)
		return err == nil && re.MatchString(v)
	case models.MatchExact, models.MatchOneOf, models.MatchContains:
	}
	return v == want || rec.Type == "TXT" && models.TextHolds(v, want)
}

// disagree words servers of one zone that hold different records: both values are named.
func (w *repairer) disagree(right, others []string) {
	w.r.Action, w.r.Side = models.RepairSync, models.SideProvider
	w.r.Summary = "The name servers disagree on the " + w.what() + ": " + verb(right, "has", "have") + " it right, " + verb(others, "does", "do") + " not."
	for _, s := range append(slices.Clone(right), others...) {
		w.note(oneLine(s) + " answers " + listValues(w.rec.Seen[s]) + ".")
	}
	if len(w.hosts) > 1 {
		names := make([]string, len(w.hosts))
		for i, h := range w.hosts {
			names[i] = h.Name
		}
		w.note("The name servers belong to several hosts: " + strings.Join(names, " and ") + ". Make the record the same at each of them, or have the servers of all but one taken off at the registrar.")
		return
	}
	w.note("Open the record" + w.at() + " and save it once more. If the servers still disagree an hour later, its support must bring them in step.")
}

// verb joins servers to the form of a verb that belongs to their number.
func verb(servers []string, one, many string) string {
	names := make([]string, len(servers))
	for i, s := range servers {
		names[i] = oneLine(s)
	}
	if len(names) == 1 {
		return names[0] + " " + one
	}
	return strings.Join(names, " and ") + " " + many
}

// conflicts lists what stands in the record's way. What another expected record wants stays, and so does every text whose meaning nobody
// knows: it may belong to another service.
func (w *repairer) conflicts() {
	var left []string
	behindAlias := aliasIn(w.rec.Detail) != "" && w.rec.Type != "CNAME" // the values are those of another name
	for _, v := range w.distinct() {
		switch {
		case behindAlias:
		case slices.Contains(w.rec.Values, v), w.wantedElsewhere(v):
		case w.rec.Type == "TXT" && !w.sameVersion(v), w.rec.Type == "CAA":
			left = append(left, v)
		default:
			w.r.Remove = append(w.r.Remove, w.entry(w.seenType(v), v, false))
		}
	}
	if len(left) > 0 {
		w.note("The name has further values, which may belong to other services: " + listValues(left) + ". Leave them, unless you know that nobody needs them.")
	}
}

// wantedElsewhere reports whether another expected record of the same name and type has the value.
func (w *repairer) wantedElsewhere(v string) bool {
	return slices.ContainsFunc(w.c.Others, func(o models.ExpectedRecord) bool {
		return o.Host == w.rec.Host && o.Type == w.rec.Type && !slices.Equal(o.Values, w.rec.Values) &&
			slices.ContainsFunc(o.Values, func(want string) bool { return fitsOne(&o, v, want) })
	})
}

// sameVersion reports whether a text is of the kind of which a name may have one only, and which is expected: the same v= tag.
func (w *repairer) sameVersion(v string) bool {
	tag := versionTag(v)
	return tag != "" && slices.ContainsFunc(w.rec.Values, func(want string) bool { return versionTag(want) == tag })
}

// versionTag gives the tag "v=…" with which SPF, DKIM and DMARC texts begin, in lower case.
func versionTag(text string) string {
	tag := strings.ToLower(text)
	if i := strings.IndexAny(tag, "; "); i >= 0 {
		tag = tag[:i]
	}
	if !strings.HasPrefix(tag, "v=") {
		return ""
	}
	return tag
}

// seenType is the type of a value that was seen: where an alias is expected, addresses may stand in its place.
func (w *repairer) seenType(v string) string {
	addr, err := netip.ParseAddr(v)
	switch {
	case w.rec.Type != "CNAME" || err != nil:
		return w.rec.Type
	case addr.Is4():
		return "A"
	}
	return "AAAA"
}

// The most that is said of values in one sentence.
const (
	listedValues = 4
	listedBytes  = 120
)

// listValues renders values for a sentence.
func listValues(values []string) string {
	var parts []string
	for i, v := range values {
		if i == listedValues {
			parts = append(parts, "and more")
			break
		}
		if reason([]string{v}) {
			v = map[string]string{"<NODATA>": "that there is no such record", "<NXDOMAIN>": "that the name does not exist"}[v]
		}
		parts = append(parts, shorten(oneLine(v), listedBytes))
	}
	return strings.Join(parts, ", ")
}
