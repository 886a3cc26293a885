package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// contactView is the form of one contact.
type contactView struct {
	ClientID int64
	Client   string
	Action   string
	Suppress string // where the form posts to that stops mail to the address; empty: it is stopped, or there is none
	New      bool
	Title    string
	Trouble  string
	Roles    []option
	F        map[string]formField
	Summary  *summaryView
}

// contactFields are the fields of a contact's form, in their order.
var contactFields = []struct {
	key, label, hint, kind string
}{
	{"name", "Name", "", "text"},
	{"email", "E-mail", "Where notices go. A new address is written to, whatever became of the old one", "email"},
	{"phone", "Phone", "As people write it", "tel"},
	{"role", "Role", "", "select"},
	{"language", "Language", "Of notices, such as en or es. Empty: the client’s", "text"},
	{"time_zone", "Time zone", "Such as Europe/Madrid. Empty: the client’s", "text"},
}

// newContact is what the address of the form for another contact names.
const newContact = "new"

// contactPage shows the form of a contact.
func (s *Server) contactPage(w http.ResponseWriter, r *http.Request) error {
	o, c, err := s.contactOf(r)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, "contact", head{Title: contactTitle(&c), Nav: "/clients"}, buildContact(&o.Client, &c, contactValues(&c), nil))
	return nil
}

// contactOf finds the contact that the address names among the client's, or gives a new one.
func (s *Server) contactOf(r *http.Request) (models.ClientOutreach, models.Contact, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return models.ClientOutreach{}, models.Contact{}, err
	}
	o, err := s.opt.Store.ClientOutreach(r.Context(), id, s.now())
	if err != nil {
		return o, models.Contact{}, fmt.Errorf("read a client's contacts: %w", err)
	}
	if r.PathValue("contact") == newContact {
		return o, models.Contact{ClientID: id, Role: models.RoleDeputy}, nil
	}
	contact, err := pathID(r, "contact")
	if err != nil {
		return o, models.Contact{}, err
	}
	i := slices.IndexFunc(o.Contacts, func(c models.Contact) bool { return c.ID == contact && c.ErasedAt == nil })
	if i < 0 {
		return o, models.Contact{}, errNoSuchPage
	}
	return o, o.Contacts[i], nil
}

func contactTitle(c *models.Contact) string {
	if c.ID == 0 {
		return "Add a contact"
	}
	return "Correct " + visible(orAddress(c))
}

func contactValues(c *models.Contact) map[string]string {
	return map[string]string{"name": c.Name, "email": c.Email, "phone": c.Phone, "role": string(c.Role), "language": c.Language, "time_zone": c.TimeZone}
}

func buildContact(client *models.Client, c *models.Contact, values, errs map[string]string) contactView {
	v := contactView{
		ClientID: client.ID, Client: visible(client.Name), New: c.ID == 0, Title: contactTitle(c), Trouble: contactTrouble(c), F: map[string]formField{},
		Action: clientURL(client.ID) + "/contacts/" + newContact,
	}
	if c.ID != 0 {
		v.Action = clientURL(client.ID) + "/contacts/" + strconv.FormatInt(c.ID, 10)
		if c.Email != "" && c.EmailState != models.EmailBad && c.OptedOutAt == nil {
			v.Suppress = v.Action + "/suppress"
		}
	} else {
		v.Trouble = ""
	}
	for _, role := range contactRoles {
		v.Roles = append(v.Roles, option{Value: string(role), Text: roleWords(role), Selected: string(role) == values["role"]})
	}
	var problems []problem
	for _, f := range contactFields {
		field := formField{Key: f.key, ID: "f-" + f.key, Label: f.label, Hint: f.hint, Value: visible(values[f.key]), Err: sentence(errs[f.key])}.typed()
		field.Type = f.kind
		v.F[f.key] = field
		if field.Err != "" {
			problems = append(problems, problem{field.ID, f.label + ": " + errs[f.key]})
		}
	}
	if len(problems) > 0 {
		v.Summary = &summaryView{Title: "Nothing was saved yet", Problems: problems}
	}
	return v
}

// saveContact adds a contact, or corrects one.
func (s *Server) saveContact(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	o, c, err := s.contactOf(r)
	if err != nil {
		return err
	}
	values, errs := readContact(r)
	if len(errs) == 0 {
		err := s.storeContact(r, c, values)
		switch {
		case errors.Is(err, models.ErrConflict):
			errs["email"] = "another contact of this client has this address"
		case err != nil:
			return err
		default:
			redirect(w, r, clientURL(o.Client.ID)+"/notices")
			return nil
		}
	}
	s.render(w, r, http.StatusUnprocessableEntity, "contact", head{Title: contactTitle(&c), Nav: "/clients"}, buildContact(&o.Client, &c, values, errs))
	return nil
}

// suppressContact keeps the address of a contact from being written to.
func (s *Server) suppressContact(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(_ int64, by string, now time.Time) (string, error) {
		_, c, err := s.contactOf(r)
		if err != nil {
			return "", err
		}
		why, err := plainField("Why", r.PostForm.Get("why"), 300)
		if err != nil {
			return "", err
		}
		if c.Email == "" || why == "" {
			return "", models.Invalid("Why", "say why nobody is to write there; whoever comes next wants to know")
		}
		if err := s.opt.Store.Suppress(r.Context(), models.Suppression{Address: c.Email, Reason: models.SuppressedByHand, Detail: why, By: by, At: now}); err != nil {
			return "", fmt.Errorf("suppress an address: %w", err)
		}
		return "Nobody writes to " + visible(c.Email) + " any more.", nil
	})
}

func (s *Server) storeContact(r *http.Request, c models.Contact, values map[string]string) error {
	ctx, by, now := r.Context(), actor(r.Context()), s.now()
	was := c.Email
	c.Name, c.Email, c.Phone, c.Role = values["name"], values["email"], values["phone"], models.ContactRole(values["role"])
	c.Language, c.TimeZone = values["language"], values["time_zone"]
	if c.ID == 0 {
		if _, err := s.opt.Store.AddContact(ctx, c, by, now); err != nil {
			return fmt.Errorf("add a contact: %w", err)
		}
		s.flash(ctx, visible(orAddress(&c))+" is a contact now.")
		return nil
	}
	if err := s.opt.Store.CorrectContact(ctx, c, by, now); err != nil {
		return fmt.Errorf("correct a contact: %w", err)
	}
	said := "Saved."
	if c.Email != was {
		said = "Saved. What waits for the old address goes to the new one."
	}
	s.flash(ctx, said)
	return nil
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// readContact reads the form; what is refused as a secret does not come back.
func readContact(r *http.Request) (values, errs map[string]string) {
	values, errs = map[string]string{}, map[string]string{}
	for _, f := range contactFields {
		values[f.key] = bounded(r.PostForm.Get(f.key), 254)
		if f.key == "email" || f.key == "role" {
			continue
		}
		if what := access.SecretIn(values[f.key]); what != "" {
			values[f.key], errs[f.key] = "", "this looks like "+what+", so it was not kept"
		}
	}
	email := strings.ToLower(values["email"])
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 || !strings.Contains(email[strings.LastIndexByte(email, '@')+1:], ".") {
		errs["email"] = "give one plain address, such as maya@client.example"
	}
	values["email"] = email
	if values["name"] == "" && errs["name"] == "" {
		errs["name"] = "say who it is"
	}
	if len(values["phone"]) > 60 {
		errs["phone"] = "this is too long for a number"
	}
	if !models.ContactRole(values["role"]).Valid() {
		errs["role"] = "choose one of the four"
	}
	if l := values["language"]; l != "" && !languageTag.MatchString(l) {
		errs["language"] = "give a tag such as en or es-MX, or nothing"
	}
	if z := values["time_zone"]; z != "" {
		if _, err := time.LoadLocation(z); err != nil || z == "Local" {
			errs["time_zone"] = "there is no such zone; write it as Europe/Madrid, or nothing"
		}
	}
	return values, errs
}
