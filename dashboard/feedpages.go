package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// FeedStore keeps the calendar feeds. Only the hash of an address's secret part is known to it.
type FeedStore interface {
	CreateFeed(ctx context.Context, f models.Feed) (models.Feed, error)
	// RevokeFeed ends one; models.ErrConflict: it was ended before.
	RevokeFeed(ctx context.Context, id int64, by string, now time.Time) error
	// Feeds gives those of a client, or with nil those of the team, that are not revoked.
	Feeds(ctx context.Context, clientID *int64) ([]models.Feed, error)
	// FeedView gives what a feed shows; models.ErrNotFound: it is revoked, or never was.
	FeedView(ctx context.Context, hash string, from time.Time, limit int) (models.FeedView, error)
	TouchFeed(ctx context.Context, id int64, now time.Time) error
}

// maxFeeds is how many addresses a client, or the team, may have at once.
const maxFeeds = 20

func (s *Server) feedRoutes() []route {
	return []route{
		{"GET /feeds/{file}", open, s.feedFile},
		{"GET /c/{token}/dates.ics", open, s.portalDates},
		{"GET /feeds", models.UserOps, s.feedsPage},
		{"POST /feeds", models.UserOps, s.createFeed},
		{"POST /feeds/{id}/revoke", models.UserOps, s.revokeFeed},
		{"GET /clients/{id}/feeds", models.UserOps, s.feedsPage},
		{"POST /clients/{id}/feeds", models.UserOps, s.createFeed},
	}
}

// feedsView lists the addresses of a client's feed, or the team's.
type feedsView struct {
	Base   string // address of the page
	Client string // empty: the team's
	ID     int64
	Rows   []feedRow
	Made   string // the address that was just made; it is shown once
	Label  string
}

type feedRow struct {
	ID                       int64
	Label, By, Made, Fetched string
}

// feedHash is what is kept of a feed's token.
func feedHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// feedFile answers a calendar program. The address is all it has: no account, no cookie.
func (s *Server) feedFile(w http.ResponseWriter, r *http.Request) error {
	now := s.now()
	if !s.byFeed.allow(addressKey(s.opt.ClientAddr(r)), now) {
		w.Header().Set("Retry-After", "60")
		return &failure{Status: http.StatusTooManyRequests, Title: "Too many requests", Text: "Ask again in a minute."}
	}
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok || len(token) < 26 || len(token) > 64 {
		return errNoSuchPage
	}
	d := s.dates(now)
	v, err := s.opt.Store.FeedView(r.Context(), feedHash(token), now.AddDate(0, 0, -feedPast), maxFeedDomains)
	if err != nil {
		return fmt.Errorf("read a feed: %w", err)
	}
	if v.Client != nil && v.Client.TimeZone != "" {
		if loc, err := time.LoadLocation(v.Client.TimeZone); err == nil {
			d.loc = loc
		}
	}
	if used := v.Feed.LastUsedAt; used == nil || now.Sub(*used) > time.Hour {
		if err := s.opt.Store.TouchFeed(r.Context(), v.Feed.ID, now); err != nil {
			s.opt.Logger.Warn("the use of a feed was not noted", "error", err)
		}
	}
	body := buildFeed(&v, s.opt.Agency.Name, hostOf(s.opt.BaseURL), d)
	y, m, day := now.In(d.loc).Date()
	changed := time.Date(y, m, day, 0, 0, 0, 0, d.loc) // ages are told in days
	for i := range v.Domains {
		if t := v.Domains[i].UpdatedAt; t.After(changed) {
			changed = t
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="domains.ics"`)
	h.Set("Cache-Control", "private, max-age=900")
	h.Set("ETag", `"`+feedHash(body)[:32]+`"`)
	http.ServeContent(w, r, "", changed, strings.NewReader(body))
	return nil
}

// feedsOf reads whose feeds are asked for.
func (s *Server) feedsOf(r *http.Request) (v feedsView, client *int64, err error) {
	if r.PathValue("id") == "" {
		return feedsView{Base: "/feeds"}, nil, nil
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return v, nil, errNoSuchPage
	}
	cv, err := s.opt.Store.ClientView(r.Context(), id)
	if err != nil {
		return v, nil, fmt.Errorf("read a client: %w", err)
	}
	return feedsView{Base: fmt.Sprintf("/clients/%d/feeds", id), ID: id, Client: visible(cv.Client.Name)}, &id, nil
}

// feedsPage lists the addresses that were handed out.
func (s *Server) feedsPage(w http.ResponseWriter, r *http.Request) error {
	v, client, err := s.feedsOf(r)
	if err != nil {
		return err
	}
	return s.showFeeds(w, r, v, client)
}

func (s *Server) showFeeds(w http.ResponseWriter, r *http.Request, v feedsView, client *int64) error {
	feeds, err := s.opt.Store.Feeds(r.Context(), client)
	if err != nil {
		return fmt.Errorf("read the feeds: %w", err)
	}
	d := s.dates(s.now())
	for _, f := range feeds {
		v.Rows = append(v.Rows, feedRow{ID: f.ID, Label: visible(f.Label), By: visible(f.CreatedBy), Made: d.day(f.CreatedAt), Fetched: d.age(f.LastUsedAt)})
	}
	s.render(w, r, http.StatusOK, "feeds", head{Title: "Calendar feeds", Nav: "/clients"}, v)
	return nil
}

// createFeed makes an address and shows it, once: only its hash is kept.
func (s *Server) createFeed(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	v, client, err := s.feedsOf(r)
	if err != nil {
		return err
	}
	label := bounded(r.PostForm.Get("label"), 80)
	if label == "" {
		return models.Invalid("For whom", "say who gets this address, so that it can be revoked when they leave")
	}
	feeds, err := s.opt.Store.Feeds(r.Context(), client)
	if err != nil {
		return fmt.Errorf("read the feeds: %w", err)
	}
	if len(feeds) >= maxFeeds {
		return models.Invalid("For whom", "there are %d addresses already; revoke one that is of no use any more", len(feeds))
	}
	token := rand.Text() // 128 bits and more
	f := models.Feed{Hash: feedHash(token), ClientID: client, Label: label, CreatedBy: actor(r.Context()), CreatedAt: s.now()}
	if _, err := s.opt.Store.CreateFeed(r.Context(), f); err != nil {
		return fmt.Errorf("make a feed: %w", err)
	}
	v.Made, v.Label = s.opt.BaseURL+"/feeds/"+token+".ics", visible(label)
	return s.showFeeds(w, r, v, client)
}

// revokeFeed ends an address.
func (s *Server) revokeFeed(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	err = s.opt.Store.RevokeFeed(r.Context(), id, actor(r.Context()), s.now())
	if err != nil && !errors.Is(err, models.ErrConflict) {
		return fmt.Errorf("revoke a feed: %w", err)
	}
	s.flash(r.Context(), "The address does not work any more.")
	back := "/feeds"
	if b := r.PostForm.Get("back"); b != "" {
		back = localPath(b)
	}
	redirect(w, r, back)
	return nil
}
