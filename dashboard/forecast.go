package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// forecastDays are the spans that can be chosen, the usual one second.
var forecastDays = []int{7, 30, 60}

const (
	forecastSpan = 30
	forecastPer  = 100 // messages on a page
)

// forecastView says what goes out in the next days.
type forecastView struct {
	Say      string
	Days     int
	Until    string
	Spans    []navItem
	By       string // day or client
	Clients  []option
	Client   int64
	Groups   []forecastGroup
	Pages    []navItem
	Range    string
	Nobody   []forecastLine
	Tasks    []forecastLine
	Unknown  []unforeseenRow
	More     moreCounts
	Brake    bool
	NoServer bool
	Back     string
}

// option is an entry of a select.
type option struct {
	Value, Text string
	Selected    bool
}

// moreCounts is how many lines of each list are not shown.
type moreCounts struct{ Nobody, Tasks, Unknown int }

// forecastGroup is the messages of one day, or of one client.
type forecastGroup struct {
	Key   string
	Label string
	URL   string
	Note  string
	Who   string // who is written to, or about which names: what can be read while it is closed
	Open  bool
	Rows  []forecastRow
}

// forecastRow is one message.
type forecastRow struct {
	Day, Time  string
	To, Role   string
	Client     string
	ClientID   int64
	Mark       markView
	Note       string
	Items      []forecastItem
	PreviewURL string
	Key        models.LetterKey
}

// forecastItem is one notice of a message.
type forecastItem struct {
	ID       int64
	DomainID int64
	Name     *nameView
	Stage    string
	Code     models.Stage
	Held     bool
	MayHold  bool
}

// forecastLine is a notice that no message carries.
type forecastLine struct {
	Name   *nameView
	What   string
	When   string
	Client string
	Why    string
}

// unforeseenRow is a name for which nothing can be foreseen.
type unforeseenRow struct {
	Name   nameView
	Client string
	Why    string
	Seen   string
}

// maxAside is how many lines a list beside the messages has.
const maxAside = 40

// forecastPage shows what goes out, by day or by client.
func (s *Server) forecastPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	days := forecastSpan
	if n, err := strconv.Atoi(q.Get("days")); err == nil && slices.Contains(forecastDays, n) {
		days = n
	}
	clients, err := s.opt.Store.Clients(r.Context())
	if err != nil {
		return fmt.Errorf("read the clients: %w", err)
	}
	fc, err := s.foresee(r.Context(), days, q.Get("client"))
	if err != nil {
		return fmt.Errorf("foresee: %w", err)
	}
	v := buildForecast(&fc, q, clients, s.dates(s.now()))
	s.render(w, r, http.StatusOK, "forecast", head{Title: "What goes out", Nav: "/notices"}, v)
	return nil
}

// foresee reckons for the client that is asked for, or for all.
func (s *Server) foresee(ctx context.Context, days int, client string) (models.Forecast, error) {
	if id, err := strconv.ParseInt(client, 10, 64); err == nil && id > 0 {
		return s.opt.Outlook.ForecastClient(ctx, id, days)
	}
	return s.opt.Outlook.Forecast(ctx, days)
}

func buildForecast(fc *models.Forecast, q url.Values, clients []models.Client, d dates) forecastView {
	v := forecastView{
		Days: fc.Days, Until: d.weekday(fc.Until.Add(-time.Hour)), By: "day", Brake: fc.Brake != nil, NoServer: fc.NoServer,
		Clients: clientOptions(clients, q.Get("client")),
	}
	if q.Get("by") == "client" {
		v.By = "client"
	}
	v.Client, _ = strconv.ParseInt(q.Get("client"), 10, 64)
	letters := fc.Letters
	if v.Client != 0 {
		letters = slices.DeleteFunc(slices.Clone(letters), func(l models.ForecastLetter) bool { return l.Client.ID != v.Client })
	}
	v.Say = forecastWords(letters, fc.Days)
	for _, n := range forecastDays {
		v.Spans = append(v.Spans, navItem{Text: plural(n, "day"), URL: forecastURL(n, v.By, v.Client, 1), Current: n == fc.Days})
	}
	if v.By == "client" {
		letters = slices.Clone(letters)
		slices.SortStableFunc(letters, func(a, b models.ForecastLetter) int {
			return cmp.Or(cmp.Compare(a.Client.Name, b.Client.Name), cmp.Compare(a.Client.ID, b.Client.ID), a.At.Compare(b.At))
		})
	}
	page, _ := strconv.Atoi(q.Get("page"))
	letters = v.turn(letters, max(page, 1), fc.Days)
	v.Back = forecastURL(fc.Days, v.By, v.Client, max(page, 1))
	for i := range letters {
		v.add(&letters[i], d)
	}
	v.open()
	v.aside(fc, d)
	return v
}

// forecastOpen is how many messages of a page stand open from the start: those of the first groups, and of the first one whatever it has.
const forecastOpen = 8

// open opens the first groups and says in a line what the others have.
func (v *forecastView) open() {
	shown := 0
	for i := range v.Groups {
		g := &v.Groups[i]
		shown += len(g.Rows)
		g.Open = i == 0 || shown <= forecastOpen
		var names []string
		for _, r := range g.Rows {
			name := r.Client
			if v.By == "client" {
				name = r.Day
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		const most = 3
		if n := len(names) - most; n > 0 {
			names = append(names[:most], thousands(n)+" more")
		}
		g.Who = strings.Join(names, ", ")
	}
}

// turn cuts the messages to one page.
func (v *forecastView) turn(letters []models.ForecastLetter, page, days int) []models.ForecastLetter {
	total := len(letters)
	if total <= forecastPer {
		return letters
	}
	pages := (total + forecastPer - 1) / forecastPer
	page = min(page, pages)
	for n := 1; n <= pages; n++ {
		v.Pages = append(v.Pages, navItem{Text: strconv.Itoa(n), URL: forecastURL(days, v.By, v.Client, n), Current: n == page})
	}
	from := (page - 1) * forecastPer
	until := min(from+forecastPer, total)
	v.Range = fmt.Sprintf("%s–%s of %s", thousands(from+1), thousands(until), plural(total, "message"))
	return letters[from:until]
}

func forecastURL(days int, by string, client int64, page int) string {
	q := url.Values{}
	if days != forecastSpan {
		q.Set("days", strconv.Itoa(days))
	}
	if by != "day" {
		q.Set("by", by)
	}
	if client != 0 {
		q.Set("client", strconv.FormatInt(client, 10))
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/notices/forecast"
	}
	return "/notices/forecast?" + q.Encode()
}

func clientOptions(clients []models.Client, picked string) []option {
	list := make([]option, len(clients))
	for i := range clients {
		value := strconv.FormatInt(clients[i].ID, 10)
		list[i] = option{Value: value, Text: visible(clients[i].Name), Selected: value == picked}
	}
	return list
}

// forecastWords answers the question of the page in a sentence.
func forecastWords(letters []models.ForecastLetter, days int) string {
	clients, going := map[int64]bool{}, 0
	for i := range letters {
		if letters[i].Goes() {
			going++
			clients[letters[i].Client.ID] = true
		}
	}
	span := fmt.Sprintf("in the next %d days", days)
	if going == 0 {
		return "Nothing goes out " + span + ", if nothing changes."
	}
	verb := "go"
	if going == 1 {
		verb = "goes"
	}
	return fmt.Sprintf("%s %s out to %s %s, if nothing changes.", plural(going, "message"), verb, plural(len(clients), "client"), span)
}

// add puts a message under its day or its client.
func (v *forecastView) add(l *models.ForecastLetter, d dates) {
	key, label, href := l.Key.Day, d.at(l.At).Format("Monday 2 January"), ""
	if year := d.at(l.At).Format(" 2006"); year != d.at(d.now).Format(" 2006") {
		label += year
	}
	if v.By == "client" {
		key, label, href = strconv.FormatInt(l.Client.ID, 10), visible(l.Client.Name), "/clients/"+strconv.FormatInt(l.Client.ID, 10)
	}
	if n := len(v.Groups); n == 0 || v.Groups[n-1].Key != key {
		v.Groups = append(v.Groups, forecastGroup{Key: key, Label: label, URL: href})
		if v.By == "day" {
			v.Groups[n].Note = relDays(d.days(l.At))
		}
	}
	g := &v.Groups[len(v.Groups)-1]
	g.Rows = append(g.Rows, forecastLetter(l, d))
}

func forecastLetter(l *models.ForecastLetter, d dates) forecastRow {
	row := forecastRow{
		Day: d.at(l.At).Format("Mon 2 Jan"), Time: d.at(l.At).Format("15:04"), To: visible(orAddress(&l.Contact)), Role: roleWords(l.Contact.Role),
		Client: visible(l.Client.Name), ClientID: l.Client.ID, Mark: forecastMark(l.State), Key: l.Key, PreviewURL: previewURL(l.Key),
	}
	for i := range l.Items {
		it := &l.Items[i]
		item := forecastItem{
			ID: it.Notice.ID, DomainID: it.Notice.DomainID, Stage: stageWords(it.Notice.Stage), Code: models.Stage(visible(string(it.Notice.Stage))), Held: it.Held,
			MayHold: !it.Held && it.Notice.State == models.NoticeQueued && it.Notice.DomainID != 0,
		}
		if it.Domain != "" {
			n := nameOf(it.Domain)
			item.Name = &n
		}
		row.Items = append(row.Items, item)
	}
	return row
}

func orAddress(c *models.Contact) string { return cmp.Or(c.Name, c.Email) }

// forecastMark words what becomes of a message on its day.
func forecastMark(s models.ForecastState) markView {
	switch s {
	case models.ForecastGoes:
		return markView{"none", "u-mail", "Goes out"}
	case models.ForecastOnItsWay:
		return markView{"part", "u-mail", "On its way"}
	case models.ForecastHeld:
		return markView{"wait", "s-hold", "Held"}
	case models.ForecastClientHeld:
		return markView{"wait", "s-hold", "Client is held"}
	case models.ForecastOverCap:
		return markView{"warn", "u-clock", "Over the daily cap: the day after"}
	}
	return markView{"unk", "s-unk", "Not known"}
}

// aside lists what goes to nobody, what comes up for us, and what is not known.
func (v *forecastView) aside(fc *models.Forecast, d dates) {
	line := func(it *models.ForecastItem, at time.Time) forecastLine {
		l := forecastLine{What: stageWords(it.Notice.Stage), When: d.at(at).Format("Mon 2 Jan"), Client: visible(it.Client), Why: plainReason(it.Notice.Reason)}
		if it.Domain != "" {
			n := nameOf(it.Domain)
			l.Name = &n
		}
		return l
	}
	mine := func(client int64) bool { return v.Client == 0 || v.Client == client }
	for i := range fc.Nobody {
		if it := &fc.Nobody[i]; mine(it.Notice.ClientID) {
			v.Nobody = append(v.Nobody, line(it, it.Notice.DueAt))
		}
	}
	for i := range fc.Tasks {
		if it := &fc.Tasks[i]; mine(it.Notice.ClientID) {
			v.Tasks = append(v.Tasks, line(it, it.Notice.DueAt))
		}
	}
	for i := range fc.Unknown {
		u := &fc.Unknown[i]
		if !mine(u.ClientID) {
			continue
		}
		v.Unknown = append(v.Unknown, unforeseenRow{Name: nameOf(u.Name), Client: visible(u.Client), Why: cmp.Or(whyWords(u.LifecycleWhy), "No date is known"), Seen: d.age(u.SeenAt)})
	}
	v.Nobody, v.More.Nobody = cut(v.Nobody)
	v.Tasks, v.More.Tasks = cut(v.Tasks)
	v.Unknown, v.More.Unknown = cut(v.Unknown)
}

func cut[T any](list []T) ([]T, int) {
	if len(list) <= maxAside {
		return list, 0
	}
	return list[:maxAside], len(list) - maxAside
}

// at is t on the reader's clock.
func (d dates) at(t time.Time) time.Time { return t.In(d.loc) }

// holdForeseen keeps a notice that is not owed yet from going out.
func (s *Server) holdForeseen(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	key, err := letterKey(r.PostForm)
	if err != nil {
		return err
	}
	domain, err := strconv.ParseInt(r.PostForm.Get("domain"), 10, 64)
	if err != nil {
		return errBadForm
	}
	if _, err := s.opt.Outlook.Hold(r.Context(), key, domain, models.Stage(r.PostForm.Get("stage")), actor(r.Context())); err != nil {
		return fmt.Errorf("hold a foreseen notice: %w", err)
	}
	s.flash(r.Context(), "The notice is held until somebody releases it.")
	back := "/notices/forecast"
	if b := r.PostForm.Get("back"); b != "" {
		back = localPath(b)
	}
	redirect(w, r, back)
	return nil
}

// letterKey reads which message an address or a form speaks of.
func letterKey(q url.Values) (models.LetterKey, error) {
	contact, err := strconv.ParseInt(q.Get("contact"), 10, 64)
	if err != nil {
		return models.LetterKey{}, errNoSuchPage
	}
	k := models.LetterKey{ContactID: contact, Day: bounded(q.Get("day"), 10), Kind: models.MailKind(bounded(q.Get("kind"), 20))}
	if k.Kind != models.MailNotice && k.Kind != models.MailAccess {
		return k, errNoSuchPage
	}
	return k, nil
}

func previewURL(k models.LetterKey) string { return "/notices/preview?" + keyQuery(k) }

func keyQuery(k models.LetterKey) string {
	return url.Values{"contact": {strconv.FormatInt(k.ContactID, 10)}, "day": {k.Day}, "kind": {string(k.Kind)}}.Encode()
}
