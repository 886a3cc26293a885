package lab

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

//go:embed console/page.html
var consoleFiles embed.FS

var consolePages = template.Must(template.ParseFS(consoleFiles, "console/page.html"))

// ConsoleOptions say where the console stands and what it may move.
type ConsoleOptions struct {
	BasePath      string // such as "/demo"; without a slash at the end
	StylesheetURL string // of the product; empty means none
	IconURL       string // of the product; empty means none
	// Advance moves the lab's clock. Without it the buttons answer 501.
	Advance func(time.Duration)
	// Speed words how fast the clock runs; may be nil.
	Speed func() string
	// ProductURL is where links in mails may lead; others stay plain text.
	ProductURL string
}

// The policies of the console's pages and of the HTML of a mail.
const (
	consolePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	mailPolicy    = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
)

// console is the small web page that shows and moves a lab.
type console struct {
	lab  *Lab
	opts ConsoleOptions
}

// Console returns the pages of the lab's console: clock, inbox and domains. It
// expects requests with BasePath still in front and guards what changes the
// lab against other sites.
func (l *Lab) Console(opts ConsoleOptions) http.Handler {
	opts.BasePath = strings.TrimSuffix(opts.BasePath, "/")
	c := &console{lab: l, opts: opts}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.inbox)
	mux.HandleFunc("GET /mail/{id}", c.mail)
	mux.HandleFunc("GET /mail/{id}/html", c.mailHTML)
	mux.HandleFunc("GET /domains", c.domains)
	mux.HandleFunc("POST /advance", c.advance)
	mux.HandleFunc("POST /hook", c.hook)
	mux.HandleFunc("POST /domains/{name}/{action}", c.change)
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.StripPrefix(opts.BasePath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" {
			http.Redirect(w, r, opts.BasePath+"/", http.StatusSeeOther)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", consolePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		guarded.ServeHTTP(w, r)
	}))
}

func (c *console) advance(w http.ResponseWriter, r *http.Request) {
	days, err := strconv.Atoi(r.FormValue("days"))
	if err != nil || days < 1 || days > 366 {
		http.Error(w, "days must be a number from 1 to 366", http.StatusBadRequest)
		return
	}
	if c.opts.Advance == nil {
		http.Error(w, "this laboratory's clock cannot be moved", http.StatusNotImplemented)
		return
	}
	c.opts.Advance(time.Duration(days) * Day)
	back := "/"
	if r.FormValue("back") == "domains" {
		back = "/domains"
	}
	http.Redirect(w, r, c.opts.BasePath+back, http.StatusSeeOther)
}

// hook takes what the product tells other programs, and keeps nothing of it.
func (c *console) hook(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func (c *console) change(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	var err error
	switch r.PathValue("action") {
	case "renew":
		err = c.lab.Renew(name, 1)
	case "break":
		_, err = c.lab.BreakRecord(name)
	case "repair":
		err = c.lab.RepairRecord(name)
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	http.Redirect(w, r, c.opts.BasePath+"/domains", http.StatusSeeOther)
}

// linked is a piece of text that may be a link.
type linked struct {
	Text string
	Link bool
}

// linkify cuts a text so that addresses of the product become links.
func linkify(text, product string) []linked {
	var out []linked
	for product != "" {
		at := strings.Index(text, product)
		if at < 0 {
			break
		}
		end := len(text)
		if n := strings.IndexAny(text[at:], " \t\r\n<>\"'"); n >= 0 {
			end = at + n
		}
		address := strings.TrimRight(text[at:end], ".,;:!?)]")
		end = at + len(address)
		if at > 0 {
			out = append(out, linked{Text: text[:at]})
		}
		out = append(out, linked{Text: address, Link: belongsTo(address, product)})
		text = text[end:]
	}
	if text != "" {
		out = append(out, linked{Text: text})
	}
	return out
}

// belongsTo tells whether an address is on the product's own host: a prefix
// alone would also fit "http://127.0.0.1:8080.elsewhere.example".
func belongsTo(address, product string) bool {
	a, err := url.Parse(address)
	if err != nil {
		return false
	}
	p, err := url.Parse(product)
	return err == nil && (a.Scheme == "http" || a.Scheme == "https") && a.Scheme == p.Scheme && a.Host == p.Host && a.User == nil
}
