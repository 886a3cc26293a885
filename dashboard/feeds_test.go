package dashboard_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

// event is one VEVENT by its properties, unescaped.
type event map[string]string

// readCalendar reads RFC 5545 by hand: it is the witness of the library that writes. It fails on what a strict reader would refuse.
func readCalendar(t *testing.T, text string) (calendar event, events []event) {
	t.Helper()
	if !strings.HasSuffix(text, "\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") || !utf8.ValidString(text) {
		t.Fatalf("lines end otherwise than by CRLF, or it is no UTF-8")
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) { // section 3.1: 75 octets, and no character is torn apart
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
	var open []string
	calendar = event{}
	var current event
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		name, _, _ = strings.Cut(name, ";")
		if !ok || !regexp.MustCompile(`^[A-Z-]+$`).MatchString(name) {
			t.Fatalf("no content line: %q", line)
		}
		switch {
		case name == "BEGIN":
			open = append(open, value)
			current = event{}
		case name == "END":
			if len(open) == 0 || open[len(open)-1] != value {
				t.Fatalf("%s ends in %v", value, open)
			}
			if value == "VEVENT" {
				events = append(events, current)
			}
			open = open[:len(open)-1]
		case len(open) == 2:
			if _, twice := current[name]; twice {
				t.Fatalf("%s twice in %v", name, current)
			}
			current[name] = unescaped(t, name, value)
		default:
			calendar[name] = unescaped(t, name, value)
		}
	}
	if len(open) != 0 || calendar["VERSION"] != "2.0" || calendar["PRODID"] == "" {
		t.Fatalf("open: %v, calendar %v", open, calendar)
	}
	return calendar, events
}

// unescaped reads TEXT (section 3.3.11); a comma or semicolon that stands bare is an error.
func unescaped(t *testing.T, name, value string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value):
			i++
			switch value[i] {
			case 'n', 'N':
				b.WriteByte('\n')
			case '\\', ',', ';':
				b.WriteByte(value[i])
			default:
				t.Fatalf("%s: \\%c is no escape: %q", name, value[i], value)
			}
		case c == ',' || c == ';' || c == '\\' || c < ' ' && c != '\t':
			t.Fatalf("%s: %q stands bare in %q", name, c, value)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

var feedAddress = regexp.MustCompile(`https://watch\.northwind\.example(/feeds/[A-Z2-7]{26}\.ics)`)

// newFeed makes an address as ops do, and gives its path.
func newFeed(t *testing.T, s *site, base string) string {
	t.Helper()
	p := s.post(base, url.Values{"label": {"Priya’s <b>phone</b>"}})
	p.want(t, 200, "shown only now", "Priya’s &lt;b&gt;phone")
	m := feedAddress.FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatalf("no address:\n%s", excerpt(p.Body))
	}
	return m[1]
}

func TestACalendarFeedShowsWhatIsKnown(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	for i := range s.store.domains {
		if d := &s.store.domains[i].Domain; d.Name == "harborlinesmiles.example" {
			d.LastSafeDay, d.RecoverUntil, d.ExpiryAsOf, d.ExpirySource, d.Version = new(noon.AddDate(0, 0, 30)), new(noon.AddDate(0, 0, 60)), new(noon.AddDate(0, 0, -2)), models.ExpiryRegistry, 7
		}
	}
	s.as(models.UserOps)
	team, client := newFeed(t, s, "/feeds"), newFeed(t, s, "/clients/1/feeds")
	s.client = s.newClient() // a calendar program has no account
	p := s.get(client)
	if p.Status != 200 || p.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.HasPrefix(p.Header.Get("Cache-Control"), "private") {
		t.Fatalf("status %d, %v", p.Status, p.Header)
	}
	calendar, events := readCalendar(t, p.Body)
	if calendar["X-WR-CALNAME"] != "Domain dates: Harborline Dental" || calendar["REFRESH-INTERVAL"] != "PT6H" || calendar["METHOD"] != "PUBLISH" {
		t.Errorf("calendar %v", calendar)
	}
	if !strings.Contains(p.Body, "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n") { // RFC 5545 section 3.2: no parameter twice
		t.Error("the refresh interval is not as RFC 7986 section 5.7 writes it")
	}
	i := slices.IndexFunc(events, func(e event) bool {
		return e["SUMMARY"] == "harborlinesmiles.example: last day to renew at the normal price"
	})
	if i < 0 {
		t.Fatalf("events %v", events)
	}
	e := events[i]
	if e["DTSTART"] != "20261221" || e["DTEND"] != "20261222" || e["UID"] != "safe-3@watch.northwind.example" || e["SEQUENCE"] != "7" || e["DTSTAMP"] != "20261119T184200Z" || e["TRANSP"] != "TRANSPARENT" {
		t.Errorf("event %v", e)
	}
	if want := "Date: registry, as of Thu 19 Nov 2026, 2 days ago"; !strings.Contains(e["DESCRIPTION"], want) || strings.Contains(p.Body, "Brightwater") {
		t.Errorf("the description lacks %q, or it tells of others: %q", want, e["DESCRIPTION"])
	}
	_, all := readCalendar(t, s.get(team).Body)
	uids := map[string]bool{}
	for _, e := range all {
		uids[e["UID"]] = true
		if strings.Contains(e["SUMMARY"], "kessler") {
			t.Errorf("a date was made up: %v", e)
		}
	}
	if len(uids) != len(all) || len(all) <= len(events) || !strings.Contains(all[0]["SUMMARY"], "(") {
		t.Errorf("%d events, %d identifiers", len(all), len(uids))
	}
}

// TestACalendarFeedOfANameWithoutADate holds that a name whose registry publishes no expiry, and that was found in redemption, keeps no feed
// from being read: its last day is known all the same.
func TestACalendarFeedOfANameWithoutADate(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	for i := range s.store.domains {
		if d := &s.store.domains[i].Domain; d.Name == "harborlinesmiles.example" {
			d.ExpiresAt, d.ExpiryAsOf, d.ExpirySource, d.LastSafeDay = nil, nil, models.ExpiryNone, nil
			d.Lifecycle, d.RecoverUntil = models.LifecycleRedemption, new(noon.AddDate(0, 0, 20))
		}
	}
	_, events := readCalendar(t, s.get(newFeed(t, s.as(models.UserOps), "/clients/1/feeds")).Body)
	i := slices.IndexFunc(events, func(e event) bool { return e["SUMMARY"] == "harborlinesmiles.example: last day to recover it" })
	if i < 0 || events[i]["DTSTART"] != "20261211" || !strings.Contains(events[i]["DESCRIPTION"], "Reckoned from when it was seen to be in redemption. No expiry is known.") {
		t.Errorf("events %v", events)
	}
}

// TestTheFeedSaysUntilWhenToRenew holds that an owner is not told to have a day until midnight when the name expires at some hour of it.
func TestTheFeedSaysUntilWhenToRenew(t *testing.T) {
	for at, want := range map[time.Time]string{
		time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC): "Renew it before this day, at the registrar.",
		time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC): "Renew it before this day ends, at the registrar.", // a day without a time
	} {
		s := newSite(t)
		fillSample(s.store)
		for i := range s.store.domains {
			s.store.domains[i].Domain.ExpiresAt = &at
		}
		_, events := readCalendar(t, s.get(newFeed(t, s.as(models.UserOps), "/clients/1/feeds")).Body)
		if len(events) == 0 || !strings.Contains(events[0]["DESCRIPTION"], want) {
			t.Errorf("%s: %v", at, events)
		}
	}
}

func TestACalendarFeedOfHostileNames(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	c := s.store.clients[1]
	c.Name = "Dental, Ltd; \\n\r\nEND:VEVENT\r\nBEGIN:VEVENT\u202e " + strings.Repeat("ü", 90) + "\x00\xff"
	s.store.clients[1] = c
	for i := range s.store.domains {
		s.store.domains[i].Domain.Registrar = "R\r\nATTENDEE:mailto:x@y.example"
	}
	s.as(models.UserOps)
	for _, path := range []string{newFeed(t, s, "/feeds"), newFeed(t, s, "/clients/1/feeds")} {
		calendar, events := readCalendar(t, s.get(path).Body)
		for _, e := range append(events, calendar) {
			if e["ATTENDEE"] != "" || strings.ContainsAny(e["SUMMARY"]+e["X-WR-CALNAME"], "\r\n\u202e\x00") {
				t.Errorf("event %v", e)
			}
		}
		if len(events) == 0 || path != "" && !strings.Contains(events[0]["DESCRIPTION"], "R ATTENDEE:mailto:x@y.example") {
			t.Errorf("events %v", events)
		}
	}
}

func TestACalendarFeedIsAskedAgain(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	path := newFeed(t, s.as(models.UserOps), "/clients/1/feeds")
	s.client = s.newClient()
	first := s.get(path)
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Last-Modified") == "" {
		t.Fatalf("headers %v", first.Header)
	}
	if p := s.do(http.MethodGet, path, nil, http.Header{"If-None-Match": {tag}}); p.Status != http.StatusNotModified || p.Body != "" {
		t.Errorf("again: status %d, %d bytes", p.Status, len(p.Body))
	}
	if p := s.do(http.MethodHead, path, nil, nil); p.Status != 200 || p.Body != "" || p.Header.Get("ETag") != tag {
		t.Errorf("HEAD: status %d, %v", p.Status, p.Header)
	}
	*s.now = noon.Add(24 * time.Hour)
	if p := s.do(http.MethodGet, path, nil, http.Header{"If-None-Match": {tag}}); p.Status != 200 {
		t.Errorf("the next day: status %d", p.Status)
	}
	touched := 0
	for _, w := range s.store.written() {
		if w == "touch feed 1" {
			touched++
		}
	}
	if touched != 2 {
		t.Errorf("its use was noted %d times in five visits on two days", touched)
	}
	s.as(models.UserOps)
	s.get("/clients/1/feeds").want(t, 200, "Priya’s", "just now", "Revoke")
	if p := s.post("/feeds/1/revoke", url.Values{"back": {"/clients/1/feeds"}}); p.Location != "/clients/1/feeds" {
		t.Errorf("revoke: %d %s", p.Status, p.Location)
	}
	s.get("/clients/1/feeds").want(t, 200, "None was made")
	s.get(path).want(t, 404)
}

func TestWhatIsNoFeed(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserOps)
	path := newFeed(t, s, "/feeds")
	for _, wrong := range []string{strings.TrimSuffix(path, ".ics"), strings.ToLower(path), "/feeds/.ics", "/feeds/" + strings.Repeat("A", 26) + ".ics", "/feeds/" + s.store.feeds[0].Hash + ".ics"} {
		if p := s.get(wrong); p.Status != http.StatusNotFound {
			t.Errorf("%s: status %d", wrong, p.Status)
		}
	}
	if strings.Contains(s.log.String(), path[7:20]) {
		t.Error("an address stands in the log")
	}
	s.post("/feeds", url.Values{"label": {" "}}).want(t, 400, "who gets this address")
	for range 25 {
		s.post("/clients/2/feeds", url.Values{"label": {"x"}})
	}
	if feeds, _ := s.store.Feeds(t.Context(), new(int64(2))); len(feeds) != 20 {
		t.Errorf("%d addresses of one client", len(feeds))
	}
	status := 0
	for range 40 {
		status = s.get(path).Status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the last of forty visits in one moment: status %d", status)
	}
}

func TestAFeedOfManyNamesIsBounded(t *testing.T) {
	s := newSite(t)
	s.store.clients[1] = models.Client{ID: 1, Name: "Big"}
	for i := range 5200 {
		s.store.domains = append(s.store.domains, models.BoardRow{Domain: models.Domain{
			ID: int64(i + 1), ClientID: 1, Name: fmt.Sprintf("n%d.example", i), ExpiresAt: new(noon.AddDate(0, 0, i%900)), LastSafeDay: new(noon.AddDate(0, 0, 30)), RecoverUntil: new(noon.AddDate(0, 0, 60)),
		}})
	}
	path := newFeed(t, s.as(models.UserOps), "/feeds")
	p := s.get(path)
	calendar, events := readCalendar(t, p.Body)
	if len(events) != 15_000 || len(p.Body) > 10<<20 || !strings.Contains(calendar["X-WR-CALDESC"], "Only the 5,000 nearest") {
		t.Errorf("%d events, %d bytes, %q", len(events), len(p.Body), calendar["X-WR-CALDESC"])
	}
}

func TestErasingAPersonIsAskedTwice(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserOps).get("/clients/1").lacks(t, "Erase")
	s.as(models.UserAdmin).get("/clients/1").want(t, 200, `href="/clients/1/contacts/1/erase">Erase Maya Okafor`)
	const path = "/clients/1/contacts/1/erase"
	s.get(path).want(t, 200, "Erase Maya Okafor?", "can’t be undone", "Backups")
	s.post(path, url.Values{"reason": {"x"}}).want(t, 422, "tick that you are sure")
	s.post(path, url.Values{"sure": {"yes"}}).want(t, 400, "last person")
	if p := s.post(path, url.Values{"sure": {"yes"}, "force": {"yes"}, "reason": {"asked"}}); p.Location != "/clients/1" {
		t.Errorf("status %d to %q", p.Status, p.Location)
	}
	s.get("/clients/1").want(t, 200, "out of 3 ledger lines, 1 message and 0 other rows")
	if w := s.store.written(); !slices.Contains(w, "erase 1 admin@northwind.example asked") {
		t.Errorf("written: %v", w)
	}
	s.store.contacts[1][0].ErasedAt = &noon
	s.get(path).want(t, 404)
	s.get("/clients/1").lacks(t, "Erase Maya")
	s.get("/clients/1/contacts/77/erase").want(t, 404)
}

func TestAClientTakesItsDatesWithIt(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.get("/c/link-1/dates.ics").want(t, 404)
	newFeed(t, s.as(models.UserOps), "/clients/1/feeds")
	s.client = s.newClient()
	p := s.get("/c/link-1/dates.ics")
	if p.Status != 200 || p.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || p.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, %v", p.Status, p.Header)
	}
	calendar, events := readCalendar(t, p.Body)
	if calendar["X-WR-CALNAME"] != "Domain dates: Harborline Dental" || len(events) == 0 || strings.Contains(p.Body, "Brightwater") {
		t.Errorf("%v: %v", calendar, events)
	}
	s.get("/c/link-2/dates.ics").want(t, 404) // another client, for whom none was made
	s.get("/c/forged/dates.ics").want(t, 404)
}
