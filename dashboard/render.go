package dashboard

// How a page is made. A handler asks the store, builds a view (a struct of words, marks and dates, no logic left for the template) and
// calls one of
//
//	s.render(w, r, status, "board", head{Title: "Domains", Nav: "/domains"}, view)   inside the staff frame: templates/staff/board.html
//	s.renderBare(w, r, status, "login", "Sign in", view)                             a page of its own:       templates/bare/login.html
//	s.renderPortal(w, status, "page", words, "Your domains", view)                   for clients:             templates/portal/page.html
//
// Each template file defines "main" and finds its view at .V, the frame beside it (.Agency, .User, .Flash …). In the templates:
//
//	{{template "i" "u-check"}}      a glyph of the sprite           {{template "pill" .}}   pillView      {{template "mark" .}}  markView
//	{{template "when" .}}           *whenView, nil shows nothing    {{template "bar" .}}    barView       {{template "ac" .}}    markView of a grant
//	{{template "name" .}}           nameView as a link to its page  {{template "note" .}}   noteView      {{template "tel" .}}   a number to dial
//
// and the functions: vis (makes hidden characters seen; for every text from outside), plural, thousands, tel, joinAnd.
//
// In Go: s.dates(now) gives when, day, weekday, stamp, moment, age, old, days; nameOf, asciiName, visible, pillOf, barOf,
// recordsMark, recordMark, autoRenewMark, severityMark, grantMark, noticeMark, outcomeMark and the …Words functions word the rest.
// After a POST: s.flash(ctx, "…") and http.Redirect with 303. An error returned by a handler becomes a page: *failure says it itself,
// models.ErrNotFound, ErrConflict and *models.InvalidError are worded, everything else is logged with a reference.
// userOf(ctx), may(ctx, role) and actor(ctx) say who is asking.

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

//go:embed templates
var templateFiles embed.FS

// views holds the parsed pages by folder and name, e.g. "staff/board".
type views map[string]*template.Template

// functions are what templates may call beside their view's own fields.
var functions = template.FuncMap{
	"vis": visible, "plural": plural, "thousands": thousands, "tel": telURI, "joinAnd": joinAnd, "answersFor": answersFor, "handleFor": handleFor,
}

// parseViews parses every page together with the frame of its folder and the partials that all share.
func parseViews() (views, error) {
	shared, err := template.New("").Funcs(functions).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the shared templates: %w", err)
	}
	v := views{}
	pages, err := fs.Glob(templateFiles, "templates/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list the templates: %w", err)
	}
	for _, file := range pages {
		t, err := shared.Clone()
		if err == nil {
			t, err = t.ParseFS(templateFiles, file)
		}
		if err != nil {
			return nil, fmt.Errorf("parse the template %s: %w", file, err)
		}
		v[path.Base(path.Dir(file))+"/"+strings.TrimSuffix(path.Base(file), ".html")] = t
	}
	return v, nil
}

// head is what a page tells its frame.
type head struct {
	Title string
	Nav   string // address of the menu entry it belongs to
}

// frame is what surrounds a view.
type frame struct {
	Title    string
	Agency   Agency
	CSS      string
	Mark     string
	User     *models.User
	Initials string
	Nav      []navItem
	Workers  *markView
	Banner   Banner
	Brake    *brakeView
	Flash    string
	Built    string
	Role     map[string]bool // onboarding, ops, admin: whether who is signed in may
	W        *phrases        // on a client's page: the words of its language
	V        any
}

// navItem is an entry of the main menu.
type navItem struct {
	Text, URL string
	Current   bool
}

// brakeView tells that client mail is held.
type brakeView struct {
	Since, Reason string
	Held          string // how much it keeps back
	MayRelease    bool
}

// render shows a page inside the staff frame.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, h head, view any) {
	ctx, now := r.Context(), s.now()
	d := s.dates(now)
	f := frame{
		Title: h.Title, Agency: s.opt.Agency, CSS: s.assets.css, Mark: s.assets.mark, User: userOf(ctx), Nav: s.menu(h.Nav),
		Banner: s.opt.Banner, Flash: s.sessions.PopString(ctx, sessionFlash), V: view,
		Built: now.In(d.loc).Format("15:04, Mon 2 Jan 2006"),
		Role: map[string]bool{
			"onboarding": may(ctx, models.UserOnboarding), "ops": may(ctx, models.UserOps), "admin": may(ctx, models.UserAdmin),
		},
	}
	if f.User != nil {
		f.Initials = initials(f.User.Name)
	}
	f.Workers, f.Brake = s.machinery(ctx, d)
	s.write(w, status, "staff/"+name, "staff-frame", f)
}

// renderBare shows a page of its own, without the frame.
func (s *Server) renderBare(w http.ResponseWriter, _ *http.Request, status int, name, title string, view any) {
	s.write(w, status, "bare/"+name, "bare-frame", frame{Title: title, Agency: s.opt.Agency, CSS: s.assets.css, Mark: s.assets.mark, Banner: s.opt.Banner, V: view})
}

// renderPortal shows a page to a client, in its language.
func (s *Server) renderPortal(w http.ResponseWriter, status int, name string, words *phrases, title string, view any) {
	s.write(w, status, "portal/"+name, "portal-frame", frame{Title: title, Agency: s.opt.Agency, CSS: s.assets.css, Mark: s.assets.mark, Banner: s.opt.Banner, W: words, V: view})
}

// write executes a template into memory first: a page comes whole, or not at all.
func (s *Server) write(w http.ResponseWriter, status int, name, frameName string, f frame) {
	t, ok := s.views[name]
	if !ok {
		panic("dashboard: no template " + name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, frameName, f); err != nil {
		panic(fmt.Errorf("dashboard: template %s: %w", name, err))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked has gone; there is nobody to tell
}

// menu is the main menu, with the entry of the page marked.
func (s *Server) menu(current string) []navItem {
	items := []navItem{{Text: "Today", URL: "/"}, {Text: "Domains", URL: "/domains"}, {Text: "Clients", URL: "/clients"}}
	if s.opt.Access != nil {
		items = append(items, navItem{Text: "Access", URL: "/access"})
	}
	items = append(items, navItem{Text: "Notices", URL: "/notices"}, navItem{Text: "Tasks", URL: "/tasks"})
	if s.opt.Extra.URL != "" {
		items = append(items, navItem{Text: s.opt.Extra.Text, URL: s.opt.Extra.URL})
	}
	for i := range items {
		items[i].Current = items[i].URL == current
	}
	return items
}

// machinery words the workers and the storm brake for the header. That they can't be read is itself shown, and does not fail the page.
func (s *Server) machinery(ctx context.Context, d dates) (*markView, *brakeView) {
	if userOf(ctx) == nil {
		return nil, nil
	}
	workers := &markView{"unk", "u-pulse", "Workers: not known"}
	if rows, err := s.opt.Store.Sweeps(ctx); err == nil {
		workers = workersMark(judgeSweeps(rows, d.now, s.started, s.opt.SweepMaxAge))
	}
	brake, err := s.opt.Store.ActiveBrake(ctx)
	if err != nil || brake == nil {
		return workers, nil
	}
	return workers, s.brakeWords(ctx, brake, d)
}
