package dashboard_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/models/sheet"
)

// rowsOf reads a table, header included.
func rowsOf(t *testing.T, table string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d lines, %v", len(rows), err)
	}
	return rows
}

func TestTheBoardAsATable(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserViewer).get("/domains?group=lapsed&page=3&select=all").want(t, 200, `<a href="/domains.csv?group=lapsed" download>Download all 4 as CSV</a>`)
	p := s.get("/domains.csv?page=2")
	p.want(t, 200)
	for header, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8; header=present", "Content-Disposition": `attachment; filename="deedwatch-domains-2026-11-21.csv"`,
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := p.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	rows := rowsOf(t, p.Body)
	if len(rows) != 30 {
		t.Errorf("%d lines: the header and all 29 names, whatever the page", len(rows))
	}
	byName := map[string]map[string]string{}
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, title := range rows[0] {
			cells[title] = row[i]
		}
		byName[cells["Domain (ASCII)"]] = cells
	}
	board := s.get("/domains?per=all").Body
	for name, cells := range byName {
		for _, title := range []string{"Domain", "State", "Expires", "Expires in", "DNS records", "Checked", "Checked how"} {
			if !strings.Contains(board, cells[title]) {
				t.Errorf("%s: the page does not say %s %q", name, title, cells[title])
			}
		}
	}
	want := map[string]string{
		"Domain": "kessler-türen.example", "Client": "Kessler Fenster GmbH", "State": "Date not published", "Expires": "No date on record", "Expires in": "", "Expires (ISO)": "", "Date from": "",
	}
	for title, w := range want {
		if got := byName["xn--kessler-tren-llb.example"][title]; got != w {
			t.Errorf("%s: %q, want %q", title, got, w)
		}
	}
	lapsed := rowsOf(t, s.get("/domains.csv?group=lapsed&sort=domain&dir=desc").Body)
	if len(lapsed) != 5 || lapsed[1][0] < lapsed[4][0] {
		t.Errorf("filtered and sorted: %v", lapsed)
	}
	if none := rowsOf(t, s.get("/domains.csv?q=zzz").Body); len(none) != 1 {
		t.Errorf("nothing matches: %v", none)
	}
	if head := s.do(http.MethodHead, "/domains.csv", nil, nil); head.Status != http.StatusOK || head.Body != "" || head.Header.Get("Content-Disposition") == "" {
		t.Errorf("HEAD: %d %q", head.Status, head.Body)
	}
}

// What registrars, clients and name servers write reaches a spreadsheet as text.
func TestTheTableIsSafe(t *testing.T) {
	s := newSite(t)
	for i, evil := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "x;=1", "＝1", "a\r\nb,\"=1", "<script>", "\u202e=1", "\xff=1"} {
		r := sampleRow(int64(i+1), sampleDomain{name: "n" + string(rune('a'+i)) + ".example", client: 1, days: 100, lifecycle: models.LifecycleRegistered})
		r.ClientName, r.Domain.Registrar, r.Domain.AttestedBy = evil, evil, evil
		r.Domain.ExpirySource, r.Domain.AttestedAt = models.ExpiryAttested, new(noon)
		s.store.domains = append(s.store.domains, r)
	}
	for _, row := range rowsOf(t, s.as(models.UserViewer).get("/domains.csv").Body)[1:] {
		for _, cell := range row {
			if sheet.Safe(sheet.Plain(cell)) != cell || strings.ContainsAny(cell, "\r\n\t") {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
}

func TestATableThatBreaksOff(t *testing.T) {
	s := newSite(t)
	for i := range 3000 {
		s.store.domains = append(s.store.domains, sampleRow(int64(i+1), sampleDomain{name: strings.Repeat("n", 50) + ".example", client: 1, days: 100, lifecycle: models.LifecycleRegistered}))
	}
	s.as(models.UserViewer)
	s.store.broken = errors.New("no database")
	p := s.get("/domains.csv")
	p.want(t, http.StatusServiceUnavailable, "could not be read")
	if p.Header.Get("Content-Disposition") != "" {
		t.Error("a page about a failure is handed out as a file")
	}
	s.store.broken, s.store.torn = nil, true
	s.get("/domains.csv").want(t, http.StatusServiceUnavailable) // nothing was sent before the error
	s.store.tornAfter = 200
	res, err := s.client.Get(s.web.URL + "/domains.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Errorf("half a table of %d bytes looks like a whole one", n)
	}
	s.store.torn = false
	s.get("/domains.csv").want(t, http.StatusOK)
}

// slowStore waits in its first batch until it is told to go on.
type slowStore struct {
	*fakeStore
	entered chan struct{}
	leave   chan struct{}
}

func (s slowStore) EachBoardRow(ctx context.Context, _ models.BoardQuery, _ func([]models.BoardRow) error) error {
	s.entered <- struct{}{}
	select {
	case <-s.leave:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func TestDownloadsWaitForEachOther(t *testing.T) {
	slow := slowStore{entered: make(chan struct{}), leave: make(chan struct{})}
	s := newSite(t, func(o *dashboard.Options) {
		slow.fakeStore = o.Store.(*fakeStore)
		o.Store = slow
	})
	s.as(models.UserViewer)
	done := make(chan int, 2)
	for range 2 {
		go func() {
			res, err := s.client.Get(s.web.URL + "/domains.csv")
			if err != nil {
				done <- 0
				return
			}
			_ = res.Body.Close()
			done <- res.StatusCode
		}()
		<-slow.entered
	}
	s.get("/domains.csv").want(t, http.StatusServiceUnavailable, "Others are downloading")
	close(slow.leave)
	for range 2 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
}

func TestTheBoardAsADocument(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	var b bytes.Buffer
	export := dashboard.BoardExport{Store: s.store, Now: noon, Zone: time.UTC}
	if err := export.Write(t.Context(), url.Values{"group": {"lapsed"}}, &b, sheet.JSON); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Kind  string
		At    time.Time
		Rows  []map[string]*string
		Count int
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Kind != "domains" || !doc.At.Equal(noon) || doc.Count != 4 || len(doc.Rows) != 4 || doc.Rows[0]["state"] == nil || doc.Rows[0]["domain_ascii"] == nil {
		t.Errorf("%+v", doc)
	}
	if err := export.Write(t.Context(), nil, &b, "xlsx"); err == nil {
		t.Error("an unknown format was written")
	}
}

func TestFiltersOfExportsAreUnderstoodOrRefused(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want url.Values
		ok   bool
	}{
		{"", url.Values{}, true},
		{"group=soon&sort=expires&dir=desc", url.Values{"group": {"soon"}, "sort": {"expires"}, "dir": {"desc"}}, true},
		{"https://watch.example/domains?state=redemption&q=", url.Values{"state": {"redemption"}, "q": {""}}, true},
		{"/domains?days=30&page=3", url.Values{"days": {"30"}, "page": {"3"}}, true},
		{"?answer=none&sort=state&dir=asc", url.Values{"answer": {"none"}, "sort": {"state"}, "dir": {"asc"}}, true},
		{"group=lapse", nil, false},
		{"state=made-up", nil, false},
		{"days=31", nil, false},
		{"client=Amber", nil, false},
		{"colour=red", nil, false},
		{"group=soon&group=lapsed", nil, false},
		{"q=%zz", nil, false},
		{"lapsed", nil, false},
	} {
		got, err := dashboard.ParseBoardFilter(tt.in)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%q: %v", tt.in, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.in, diff)
		}
	}
}
