package dashboard

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models/sheet"
)

// maxDownloads is how many tables are handed out at once. Each holds a snapshot of the database open, of which there are few.
const maxDownloads = 2

// downloadPace is how long a reader may take for one piece of a table.
const downloadPace = 30 * time.Second

// errDownloads asks a reader to wait for others.
var errDownloads = &failure{
	Status: http.StatusServiceUnavailable, Title: "Others are downloading at this moment",
	Text: "Tables are handed out one or two at a time. Try again in a minute.", Retry: true,
}

// boardCSV hands out what the board shows, all pages of it, as a table for spreadsheets.
func (s *Server) boardCSV(w http.ResponseWriter, r *http.Request) error {
	now := s.now()
	name := "deedwatch-domains-" + now.In(s.opt.Agency.Zone).Format(time.DateOnly) + ".csv"
	export := BoardExport{Store: s.opt.Store, Now: now, Zone: s.opt.Agency.Zone}
	return s.download(w, r, name, func(out *bufio.Writer) error {
		return export.Write(r.Context(), r.URL.Query(), out, sheet.CSV)
	})
}

// download hands out a file that is written piece by piece. An error before the first piece becomes a page; after it the connection is
// broken off, so that nobody takes half a table for a whole one.
func (s *Server) download(w http.ResponseWriter, r *http.Request, name string, write func(*bufio.Writer) error) error {
	select {
	case s.downloads <- struct{}{}:
		defer func() { <-s.downloads }()
	default:
		return errDownloads
	}
	piece := &pieces{to: w, name: name}
	if r.Method == http.MethodHead {
		piece.begin()
		return nil
	}
	out := bufio.NewWriterSize(piece, 32<<10)
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && piece.begun {
		s.opt.Logger.Warn("a download broke off", "route", routeOf(r), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// pieces hands on what is written, and gives the reader time for each piece.
type pieces struct {
	to    http.ResponseWriter
	name  string
	begun bool
}

func (p *pieces) begin() {
	p.begun = true
	kind := "text/csv; charset=utf-8; header=present"
	if strings.HasSuffix(p.name, ".json") {
		kind = "application/json"
	}
	p.to.Header().Set("Content-Type", kind)
	p.to.Header().Set("Content-Disposition", `attachment; filename="`+p.name+`"`)
}

// Write hands on one piece.
func (p *pieces) Write(b []byte) (int, error) {
	if !p.begun {
		p.begin()
	}
	deadline := time.Now().Add(downloadPace) //nolint:forbidigo // a connection's deadline is the wall clock's, whatever time the pages show
	if err := http.NewResponseController(p.to).SetWriteDeadline(deadline); err != nil {
		return 0, fmt.Errorf("give the reader time: %w", err)
	}
	return p.to.Write(b)
}
