package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/models"
)

// Agency is who runs this installation, as its staff and its clients are told.
type Agency struct {
	Name       string
	Phone      string        // as people write it; dialled with everything but digits and a leading + removed
	SupportURL string        // https address of the support page
	Hours      string        // words, e.g. "Monday to Friday, 9 to 5 Pacific"
	Office     models.Office // when somebody is there; the zero Office says nothing
	Zone       *time.Location
	ZoneName   string // as people say it, e.g. "Pacific"; empty: the zone's own name
	Language   string // BCP 47 tag of the pages of clients without one; empty: English
}

// Banner is one line above every staff page, for an installation that is not the real one. The zero value shows nothing.
type Banner struct {
	Text string
	Link Link
}

// Link is a labelled address.
type Link struct {
	Text string
	URL  string
}

// Links checks the signed tokens of the client's pages, and makes those of their forms.
type Links interface {
	// VerifyFor gives the link and the contact that a token of that purpose was made for, or an error when it is forged, malformed or expired.
	VerifyFor(purpose models.LinkPurpose, token string, now time.Time) (linkID, contactID int64, err error)
	// FormToken is what the forms of a link's page carry.
	FormToken(purpose models.LinkPurpose, linkID, contactID int64) string
	FormFits(purpose models.LinkPurpose, linkID, contactID int64, token string) bool
}

// Options is what a Server is made of. Store, Sessions, Links, Answers and Now are required.
type Options struct {
	Store    Store
	Sessions scs.CtxStore // keeps hashes of session tokens
	Links    Links
	Answers  Answers
	Access   Access // nil: no access pages
	// Outlook says what goes out in the next days. Nil: there are no such pages.
	Outlook Outlook
	// Deliveries is the log of what is told to ops and other programs; nil: no such pages.
	Deliveries Deliveries
	// MailHooks takes what mail services post; nil: there is no such address.
	MailHooks MailHooks
	// Repair says how a broken record is put right; ok is false when there is nothing to say. Nil: the pages say nothing of it.
	Repair func(models.RepairCase) (r models.Repair, ok bool)
	// Services names the services whose codes are stored. Nil: the catalogue that comes with the program.
	Services *services.Catalogue
	Now      func() time.Time

	Agency  Agency
	BaseURL string // how the server is reached from outside, without a trailing slash
	Secure  bool   // reached through HTTPS only: Secure cookies and HSTS
	Logger  *slog.Logger
	Banner  Banner
	Extra   Link // one more entry of the main menu; zero: none

	// Ready says whether the process can do its work; nil: the sweeps are judged by SweepMaxAge alone.
	Ready func(context.Context) error
	// SweepMaxAge is the age from which a sweep that did not finish counts as late. Zero: 30 minutes.
	SweepMaxAge time.Duration
	// ClientAddr gives the address a request came from, for limits and the log; nil: the connection's. Set it only behind a proxy that
	// is known to overwrite the header it reads.
	ClientAddr func(*http.Request) string
	// Passwords hashes and checks passwords. Nil: NewPasswords with its defaults.
	Passwords *Passwords
	// IdleTimeout and Lifetime end a session after so long without a request, and in any case. Zero: 8 hours and 7 days.
	IdleTimeout, Lifetime time.Duration
}

// withDefaults fills in what may be left out and refuses what may not.
func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Store == nil, o.Sessions == nil, o.Links == nil, o.Answers == nil, o.Now == nil:
		return o, errors.New("dashboard: Store, Sessions, Links, Answers and Now are required")
	}
	if o.BaseURL != "" {
		u, err := url.Parse(o.BaseURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return o, errors.New("dashboard: BaseURL must be an http or https address")
		}
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Agency.Zone == nil {
		o.Agency.Zone = time.UTC
	}
	if o.Agency.ZoneName == "" {
		o.Agency.ZoneName = o.Agency.Zone.String()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.SweepMaxAge <= 0 {
		o.SweepMaxAge = 30 * time.Minute
	}
	if o.ClientAddr == nil {
		o.ClientAddr = remoteHost
	}
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = 8 * time.Hour
	}
	if o.Lifetime <= 0 {
		o.Lifetime = 7 * 24 * time.Hour
	}
	if o.Services == nil {
		o.Services = services.Shipped()
	}
	if o.Passwords == nil {
		o.Passwords = NewPasswords(PasswordParams{}, 0)
	}
	return o, nil
}
