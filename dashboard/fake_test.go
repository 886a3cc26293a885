package dashboard_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// fakeStore keeps what the pages ask in memory. It answers plainly; what the real store does is the store's own test.
type fakeStore struct {
	mu        sync.Mutex
	clients   map[int64]models.Client
	contacts  map[int64][]models.Contact
	domains   []models.BoardRow
	views     map[string]models.DomainView
	obs       map[int64]models.Observation
	notices   []models.NoticeView
	users     map[int64]models.User
	tokens    map[string]models.SetupToken
	portals   map[int64]models.PortalView
	stops     map[int64]models.Unsubscribing
	grants    []models.GrantView
	sweeps    []models.Sweep
	brake     *models.Brake
	proof     fakeProof
	feeds     []models.Feed
	today     models.TodayView
	out       outgoing
	writes    []string
	broken    error // returned by every question
	panics    bool
	torn      bool // an export ends with an error after its first batch, or after some more
	tornAfter int
}

func newFake() *fakeStore {
	return &fakeStore{
		clients: map[int64]models.Client{}, contacts: map[int64][]models.Contact{}, views: map[string]models.DomainView{}, obs: map[int64]models.Observation{},
		users: map[int64]models.User{}, tokens: map[string]models.SetupToken{}, portals: map[int64]models.PortalView{}, stops: map[int64]models.Unsubscribing{},
	}
}

func (f *fakeStore) wrote(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes = append(f.writes, fmt.Sprintf(format, args...))
}

func (f *fakeStore) written() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.writes)
}

func (f *fakeStore) Today(_ context.Context, now time.Time, loc *time.Location) (models.TodayView, error) {
	t := f.today
	t.Board, _ = f.Board(context.Background(), models.BoardQuery{Now: now, Loc: loc, PerPage: 1})
	for _, r := range f.domains {
		t.Horizon = append(t.Horizon, models.HorizonTile{DomainID: r.Domain.ID, Name: r.Domain.Name, ExpiresAt: r.Domain.ExpiresAt, Band: models.BandOf(&r.Domain, now, loc)})
	}
	t.Sweeps = f.sweeps
	return t, f.broken
}

func (f *fakeStore) Board(_ context.Context, q models.BoardQuery) (models.Board, error) {
	if f.panics {
		panic("the board is on fire")
	}
	b := models.Board{Groups: map[models.Group]int{}, Bands: map[models.Band]int{}, Total: len(f.domains), Clients: len(f.clients)}
	order := map[models.Band]int{}
	for i, band := range models.Bands() {
		order[band] = i
	}
	var match []models.BoardRow
	for _, r := range f.domains {
		r.Band = models.BandOf(&r.Domain, q.Now, q.Loc)
		b.Groups[r.Band.Group()]++
		b.Bands[r.Band]++
		broken := r.Domain.RecordsTotal-r.Domain.RecordsRight-r.Domain.RecordsUnknown > 0
		silent := r.LastNotice != nil && r.LastNotice.SentAt != nil && r.Answer == nil
		if broken {
			b.Broken++
		}
		if silent {
			b.Unanswered++
		}
		if !slices.Contains(b.Registrars, r.Domain.Registrar) {
			b.Registrars = append(b.Registrars, r.Domain.Registrar)
		}
		switch {
		case q.Text != "" && !strings.Contains(r.Domain.Name+r.ClientName+r.Domain.Registrar, q.Text),
			q.Band != "" && r.Band != q.Band, q.Group != "" && r.Band.Group() != q.Group, q.ClientID != 0 && r.Domain.ClientID != q.ClientID,
			q.Registrar != "" && r.Domain.Registrar != q.Registrar, q.NoDate && r.Domain.ExpiresAt != nil,
			q.Records != "" && !broken, q.Answer != "" && !silent,
			q.MaxDays != nil && (r.Domain.ExpiresAt == nil || models.DaysBetween(q.Now, *r.Domain.ExpiresAt, q.Loc) > *q.MaxDays):
			continue
		}
		match = append(match, r)
	}
	slices.SortStableFunc(match, func(x, y models.BoardRow) int {
		c := cmp.Or(cmp.Compare(order[x.Band], order[y.Band]), cmp.Compare(x.Domain.Name, y.Domain.Name))
		if q.Sort == "domain" {
			c = cmp.Compare(x.Domain.Name, y.Domain.Name)
		}
		if q.Desc {
			c = -c
		}
		return c
	})
	b.Matching = len(match)
	if q.PerPage > 0 {
		from := min((max(q.Page, 1)-1)*q.PerPage, len(match))
		match = match[from:min(from+q.PerPage, len(match))]
	}
	b.Rows = match
	for _, c := range f.clients {
		b.ClientList = append(b.ClientList, c)
	}
	slices.SortFunc(b.ClientList, func(x, y models.Client) int { return cmp.Compare(x.Name, y.Name) })
	slices.Sort(b.Registrars)
	return b, f.broken
}

func (f *fakeStore) EachBoardRow(ctx context.Context, q models.BoardQuery, fn func([]models.BoardRow) error) error {
	q.Page, q.PerPage = 1, 0
	b, err := f.Board(ctx, q)
	if err != nil {
		return err
	}
	batches := 0
	for part := range slices.Chunk(b.Rows, 10) {
		if err := fn(part); err != nil {
			return err
		}
		if batches++; f.torn && batches > f.tornAfter {
			return errors.New("the database went away")
		}
	}
	return nil
}

func (f *fakeStore) Recheck(_ context.Context, ids []int64, _ time.Time) error {
	f.wrote("recheck %v", ids)
	return f.broken
}

func (f *fakeStore) DomainView(_ context.Context, name string) (models.DomainView, error) {
	if v, ok := f.views[name]; ok {
		return v, f.broken
	}
	for _, r := range f.domains {
		if r.Domain.Name == name {
			return models.DomainView{Watched: models.Watched{Domain: r.Domain, Client: f.clients[r.Domain.ClientID], Contacts: f.contacts[r.Domain.ClientID]}}, f.broken
		}
	}
	return models.DomainView{}, models.ErrNotFound
}

func (f *fakeStore) NoticesOf(_ context.Context, domainID int64) ([]models.NoticeView, error) {
	var list []models.NoticeView
	for _, nv := range f.notices {
		if nv.Notice.DomainID == domainID {
			list = append(list, nv)
		}
	}
	return list, f.broken
}

func (f *fakeStore) WatchedByName(ctx context.Context, name string) (models.Watched, error) {
	v, err := f.DomainView(ctx, name)
	return v.Watched, err
}

func (f *fakeStore) Observation(_ context.Context, id int64) (models.Observation, error) {
	o, ok := f.obs[id]
	if !ok {
		return o, models.ErrNotFound
	}
	return o, f.broken
}

func (f *fakeStore) AttestExpiry(_ context.Context, a models.Attested) error {
	f.wrote("attest %d %s %s", a.DomainID, a.Date.Format(time.DateOnly), a.By)
	return f.broken
}

func (f *fakeStore) SetAutoRenew(_ context.Context, id int64, to models.AutoRenew, by, _ string, _ time.Time) error {
	f.wrote("auto-renew %d %s %s", id, to, by)
	return f.broken
}

func (f *fakeStore) SnoozeFinding(_ context.Context, id int64, until time.Time, by string) error {
	f.wrote("rest %d %s %s", id, until.UTC().Format(time.RFC3339), by)
	return f.broken
}

func (f *fakeStore) AssignFinding(_ context.Context, id int64, who string) error {
	f.wrote("assign %d %s", id, who)
	return f.broken
}

func (f *fakeStore) ArchiveDomain(_ context.Context, id int64, by string, _ time.Time) error {
	f.wrote("archive %d %s", id, by)
	return f.broken
}

func (f *fakeStore) Onboarding(ctx context.Context, id int64) (models.OnboardingView, error) {
	c, err := f.ClientView(ctx, id)
	v := models.OnboardingView{Client: c.Client, Grants: c.Grants}
	for _, d := range c.Domains {
		w := f.views[d.Name].Watched
		od := models.OnboardingDomain{Domain: d, Delegation: w.Delegation, Records: w.Records}
		for _, f := range w.Findings {
			if f.State == models.FindingOpen {
				od.Findings = append(od.Findings, f)
			}
		}
		if w.Registration != nil {
			od.Registrar = w.Registration.Registrar
		}
		v.Domains = append(v.Domains, od)
	}
	return v, err
}

func (f *fakeStore) Clients(context.Context) ([]models.Client, error) {
	var list []models.Client
	for _, c := range f.clients {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b models.Client) int { return cmp.Compare(a.Name, b.Name) })
	return list, f.broken
}

func (f *fakeStore) ClientView(_ context.Context, id int64) (models.ClientView, error) {
	c, ok := f.clients[id]
	if !ok {
		return models.ClientView{}, models.ErrNotFound
	}
	v := models.ClientView{Client: c, Contacts: f.contacts[id]}
	for _, r := range f.domains {
		if r.Domain.ClientID == id {
			v.Domains = append(v.Domains, r.Domain)
		}
	}
	for _, g := range f.grants {
		if g.Grant.ClientID == id {
			v.Grants = append(v.Grants, g.Grant)
		}
	}
	return v, f.broken
}

func (f *fakeStore) QueuedNotices(_ context.Context, limit int) ([]models.NoticeView, error) {
	return f.notices[:min(limit, len(f.notices))], f.broken
}

func (f *fakeStore) ReturnedNotices(_ context.Context, _ time.Time, limit int) (list []models.NoticeView, err error) {
	for _, v := range f.notices {
		if n := v.Notice; len(list) < limit && n.Channel == models.ChannelEmail && (n.State == models.NoticeFailed || n.State == models.NoticeBounced) {
			list = append(list, v)
		}
	}
	return list, f.broken
}

func (f *fakeStore) HoldNotice(_ context.Context, id int64, by string, _ time.Time) error {
	f.wrote("hold %d %s", id, by)
	return f.broken
}

func (f *fakeStore) ReleaseNotice(_ context.Context, id int64, by string, _ time.Time) error {
	f.wrote("release %d %s", id, by)
	return f.broken
}

func (f *fakeStore) CountUsers(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.users), f.broken
}

func (f *fakeStore) UserByEmail(_ context.Context, email string) (models.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.users {
		if u.Email == email {
			return u, nil
		}
	}
	return models.User{}, models.ErrNotFound
}

func (f *fakeStore) UserByID(_ context.Context, id int64) (models.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, ok := f.users[id]
	if !ok {
		return u, models.ErrNotFound
	}
	return u, nil
}

func (f *fakeStore) setUser(u models.User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users[u.ID] = u
}

func (f *fakeStore) TouchLogin(_ context.Context, id int64, _ time.Time) error {
	f.wrote("login %d", id)
	return nil
}

func (f *fakeStore) CreateSetupToken(_ context.Context, t models.SetupToken) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens[t.Hash] = t
	return nil
}

func (f *fakeStore) SetupToken(_ context.Context, hash string, now time.Time) (models.SetupToken, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.tokens[hash]
	if !ok || t.UsedAt != nil || !t.ExpiresAt.After(now) {
		return models.SetupToken{}, models.ErrNotFound
	}
	return t, nil
}

func (f *fakeStore) UseSetupToken(ctx context.Context, hash string, u models.User, now time.Time) (models.User, error) {
	t, err := f.SetupToken(ctx, hash, now)
	if err != nil {
		return u, err
	}
	if _, err := f.UserByEmail(ctx, u.Email); err == nil {
		return u, models.ErrConflict
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t.UsedAt = &now
	f.tokens[hash] = t
	u.ID = int64(len(f.users) + 1)
	f.users[u.ID] = u
	return u, nil
}

func (f *fakeStore) Portal(_ context.Context, linkID int64, _ time.Time, _ *time.Location) (models.PortalView, error) {
	if f.broken != nil {
		return models.PortalView{}, f.broken
	}
	v, ok := f.portals[linkID]
	if !ok {
		return v, models.ErrNotFound
	}
	return v, nil
}

func (f *fakeStore) Unsubscribing(_ context.Context, linkID int64) (models.Unsubscribing, error) {
	v, ok := f.stops[linkID]
	if !ok {
		return v, models.ErrNotFound
	}
	return v, f.broken
}

func (f *fakeStore) OptOut(_ context.Context, linkID int64, now time.Time) (models.Contact, error) {
	f.wrote("opt out %d", linkID)
	v := f.stops[linkID]
	v.OwnWish, v.Contact.OptedOutAt = true, &now
	f.stops[linkID] = v
	return v.Contact, f.broken
}

func (f *fakeStore) OptIn(_ context.Context, linkID int64, _ time.Time) error {
	f.wrote("opt in %d", linkID)
	v := f.stops[linkID]
	v.OwnWish, v.Contact.OptedOutAt = false, nil
	f.stops[linkID] = v
	return f.broken
}

func (f *fakeStore) TouchLink(_ context.Context, id int64, _ time.Time) error {
	f.wrote("touch link %d", id)
	return nil
}

func (f *fakeStore) Sweeps(context.Context) ([]models.Sweep, error) { return f.sweeps, f.broken }

func (f *fakeStore) ActiveBrake(context.Context) (*models.Brake, error) { return f.brake, nil }

func (f *fakeStore) ReleaseBrake(_ context.Context, by string, _ time.Time) error {
	f.wrote("release brake %s", by)
	return f.broken
}

func (f *fakeStore) Grants(context.Context, models.GrantQuery) ([]models.GrantView, error) {
	return f.grants, f.broken
}

func (f *fakeStore) Grant(_ context.Context, id int64) (models.GrantView, error) {
	for _, g := range f.grants {
		if g.Grant.ID == id {
			return g, f.broken
		}
	}
	return models.GrantView{}, models.ErrNotFound
}

func (f *fakeStore) GrantEvents(context.Context, int64) ([]models.GrantEvent, error) {
	return nil, f.broken
}

func (f *fakeStore) Record(_ context.Context, d access.Draft, actor string) (models.Grant, error) {
	g, _, err := access.New(d, actor, noon)
	if err != nil {
		return g, err
	}
	f.wrote("record grant %s %s", d.Platform, actor)
	return g, f.broken
}

func (f *fakeStore) Move(_ context.Context, id int64, version int, s access.Step, actor string) error {
	g, err := f.Grant(context.Background(), id)
	if err != nil {
		return err
	}
	if version != 0 && version != g.Grant.Version {
		return models.ErrConflict
	}
	if _, _, err := access.Apply(g.Grant, s, actor, noon); err != nil {
		return err
	}
	f.wrote("move grant %d %s", id, actor)
	return f.broken
}
