package dashboard

import (
	"fmt"
	"net/http"
	"net/mail"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// mailPolicy is what the HTML part of a message may do inside its frame: be drawn.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

// previewView is a message as it will read.
type previewView struct {
	When     string
	Rel      string
	Client   string
	ClientID int64
	From, To string
	Subject  string
	Text     string
	FrameURL string
	Calendar bool
	Key      models.LetterKey
	Names    []nameView
	Me       string
	Back     string
	Held     bool // nothing goes out to the client until somebody releases it
}

// previewPage shows a foreseen message in full.
func (s *Server) previewPage(w http.ResponseWriter, r *http.Request) error {
	key, err := letterKey(r.URL.Query())
	if err != nil {
		return err
	}
	p, err := s.opt.Outlook.Preview(r.Context(), key)
	if err != nil {
		return fmt.Errorf("preview a message: %w", err)
	}
	v := buildPreview(&p, key, s.dates(s.now()))
	v.Me = actor(r.Context())
	s.render(w, r, http.StatusOK, "preview", head{Title: "Preview: " + v.Subject, Nav: "/notices"}, v)
	return nil
}

func buildPreview(p *models.Preview, key models.LetterKey, d dates) previewView {
	v := previewView{
		When: d.at(p.At).Format("Monday 2 January 2006, 15:04"), Rel: relDays(d.days(p.At)), Client: visible(p.Letter.Client.Name), ClientID: p.Letter.Client.ID,
		From: visible(p.From), To: visible(p.Letter.Mail.Recipient), Subject: visible(p.Subject), Text: visible(p.Text), Calendar: p.ICS != "", Key: key,
		FrameURL: "/notices/preview/mail.html?" + keyQuery(key), Back: previewURL(key),
		Held: p.Letter.Client.HeldAt != nil,
	}
	if name := p.Letter.Contact.Name; name != "" {
		v.To = visible(name) + " <" + v.To + ">"
	}
	for i := range p.Letter.Items {
		if name := p.Letter.Items[i].Domain.Name; name != "" {
			v.Names = append(v.Names, nameOf(name))
		}
	}
	return v
}

// previewMail hands out the HTML part alone, for a frame on our own pages. What outside texts made it say can't run, load or lead anywhere.
func (s *Server) previewMail(w http.ResponseWriter, r *http.Request) error {
	key, err := letterKey(r.URL.Query())
	if err != nil {
		return err
	}
	p, err := s.opt.Outlook.Preview(r.Context(), key)
	if err != nil {
		return fmt.Errorf("preview a message: %w", err)
	}
	w.Header().Set("Content-Security-Policy", mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(p.HTML)) // whoever asked has gone; there is nobody to tell
	return nil
}

// sendTest sends a foreseen message to who is signed in, and to nobody else.
func (s *Server) sendTest(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.now()
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	key, err := letterKey(r.PostForm)
	if err != nil {
		return err
	}
	u := userOf(ctx)
	if u == nil || !strings.Contains(u.Email, "@") {
		return errForbidden
	}
	if !s.byTester.allow(u.Email, now) {
		return errManyTests
	}
	outcome, reply, err := s.opt.Outlook.SendTest(ctx, key, mail.Address{Name: u.Name, Address: u.Email}, actor(ctx))
	if err != nil {
		return fmt.Errorf("send a test: %w", err)
	}
	said := "A test was sent to " + visible(u.Email) + ": the server took it."
	if outcome != models.DeliverySent {
		said = "The test was not sent. The mail server says: " + visible(reply)
	}
	s.flash(ctx, said)
	redirect(w, r, previewURL(key))
	return nil
}

// errManyTests slows down who sends tests one after the other.
var errManyTests = &failure{
	Status: http.StatusTooManyRequests, Title: "Too many tests in a short time",
	Text: "Nothing was sent. Wait a minute, then send another one.",
}
