package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// newGrantView is the form for a new grant.
type newGrantView struct {
	Summary   *summaryView
	F         map[string]formField
	Clients   []choice
	Methods   []methodChoice
	Kinds     []choice
	States    []choice
	Holders   []string // who holds access already
	Roles     []string // of the platform that was entered
	Catalog   []platformRow
	Client    *choice // the client it is for, when known
	Given     []accessRow
	GivenMore int
}

// methodChoice is one way of delegating with a sentence of help.
type methodChoice struct {
	choice
	Hint string
}

// platformRow is a platform of the catalogue as the form's help shows it.
type platformRow struct{ Name, Least, Roles, How, URL string }

// newGrantPage shows the form, filled in with the client and the platform of the address.
func (s *Server) newGrantPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := grantForm{values: map[string]string{"state": string(models.GrantRequested), "holder_kind": string(models.HolderPerson)}}
	if id, err := strconv.ParseInt(q.Get("client"), 10, 64); err == nil {
		f.values["client"] = strconv.FormatInt(id, 10)
	}
	if p, ok := catalog.FindPlatform(q.Get("platform")); ok {
		f.values["platform"], f.values["role"], f.values["method"] = p.Name, p.Least, string(p.Methods[0])
	}
	return s.showGrantForm(w, r, http.StatusOK, &f)
}

// recordGrant writes a new grant down, or shows the form again with what is wrong. A field that held a secret comes back empty.
func (s *Server) recordGrant(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	ctx, now := r.Context(), s.now()
	f := readGrantForm(r.PostForm)
	draft := f.draft(now, s.opt.Agency.Zone)
	if err := s.resolve(r, &draft); err != nil {
		return err
	}
	_, _, err := access.New(draft, actor(ctx), now) // the rules on every field at once, before anything is written
	if fields, ok := errors.AsType[access.FieldErrors](err); ok {
		f.refuse(fields)
	}
	if refused := f.forget(); len(f.errs) > 0 {
		s.tellRefused(r, refused)
		return s.showGrantForm(w, r, http.StatusUnprocessableEntity, &f)
	}
	grant, err := s.opt.Access.Record(ctx, draft, actor(ctx))
	if err != nil {
		return fmt.Errorf("record a delegated access: %w", err)
	}
	s.flash(ctx, "Recorded: "+platformWords(grant.Platform)+", "+strings.ToLower(grantMark(grant.State).Word)+".")
	http.Redirect(w, r, grantURL(grant.ID), http.StatusSeeOther)
	return nil
}

// grantURL is the address of a grant's page.
func grantURL(id int64) string { return "/access/" + strconv.FormatInt(id, 10) }

// resolve finds the watched domain that the asset names, and clears a client that does not exist: the rules then ask for one.
func (s *Server) resolve(r *http.Request, d *access.Draft) error {
	clients, err := s.opt.Store.Clients(r.Context())
	if err != nil {
		return fmt.Errorf("read the clients: %w", err)
	}
	if !slices.ContainsFunc(clients, func(c models.Client) bool { return c.ID == d.ClientID }) {
		d.ClientID = 0
	}
	name := asciiName(d.Asset)
	if name == "" {
		return nil
	}
	switch watched, err := s.opt.Store.WatchedByName(r.Context(), name); {
	case errors.Is(err, models.ErrNotFound):
	case err != nil:
		return fmt.Errorf("find the domain of a delegated access: %w", err)
	case watched.Domain.ClientID == d.ClientID:
		d.DomainID = &watched.Domain.ID
	}
	return nil
}

// tellRefused logs that fields were refused, by their names alone.
func (s *Server) tellRefused(r *http.Request, fields []string) {
	if len(fields) > 0 {
		s.opt.Logger.Info("a form held what looks like a secret; it was refused", "route", routeOf(r), "fields", fields, "user", userOf(r.Context()).ID)
	}
}

// showGrantForm shows the form with what was entered.
func (s *Server) showGrantForm(w http.ResponseWriter, r *http.Request, status int, f *grantForm) error {
	clients, err := s.opt.Store.Clients(r.Context())
	if err != nil {
		return fmt.Errorf("read the clients: %w", err)
	}
	grants, err := s.opt.Access.Grants(r.Context(), models.GrantQuery{})
	if err != nil {
		return fmt.Errorf("read the access register: %w", err)
	}
	d := s.dates(s.now())
	v := buildGrantForm(f, clients, newRegister(grants, d), d)
	s.render(w, r, status, "access-new", head{Title: "Record access", Nav: "/access"}, v)
	return nil
}

func buildGrantForm(f *grantForm, clients []models.Client, reg register, d dates) newGrantView {
	v := newGrantView{Summary: f.summary(), F: f.fields(), Methods: methodChoices(f.values["method"]), Catalog: platformRows(f.values["client"])}
	for _, c := range clients {
		id := strconv.FormatInt(c.ID, 10)
		one := choice{id, visible(c.Name), f.values["client"] == id}
		v.Clients = append(v.Clients, one)
		if one.Selected {
			v.Client = &one
		}
	}
	for _, k := range []models.HolderKind{models.HolderPerson, models.HolderTeam, models.HolderAgency} {
		v.Kinds = append(v.Kinds, choice{string(k), holderWords(k), f.values["holder_kind"] == string(k)})
	}
	v.States = []choice{
		{string(models.GrantRequested), "Requested, not given yet", f.values["state"] == string(models.GrantRequested)},
		{string(models.GrantGranted), "Granted, not tested yet", f.values["state"] == string(models.GrantGranted)},
	}
	if p, ok := catalog.FindPlatform(f.values["platform"]); ok {
		v.Roles = p.Roles
	}
	for i := range reg {
		v.Holders = append(v.Holders, visible(reg[i].Grant.Holder))
	}
	slices.Sort(v.Holders)
	v.Holders = slices.Compact(v.Holders)
	if v.Client != nil {
		given := reg.where(func(i *grantItem) bool {
			return strconv.FormatInt(i.Grant.ClientID, 10) == v.Client.Value && !i.ended()
		})
		shown := min(len(given), 10)
		v.Given, v.GivenMore = accessRows(given[:shown], d), len(given)-shown
	}
	return v
}

func methodChoices(selected string) []methodChoice {
	hints := map[models.GrantMethod]string{
		models.MethodPartnerAccess:     "Business to business, no personal accounts. Best for Meta Business, TikTok, Shopify.",
		models.MethodManagerAccount:    "Our manager account is linked, and they accept. Google Ads, Microsoft Advertising.",
		models.MethodUserInvitation:    "The client invites a work address of ours. Most platforms.",
		models.MethodRegistrarDelegate: "The registrar’s own delegation: they stay the owner and we see what they allow.",
		models.MethodDNSZoneDelegation: "A part of the zone is delegated to name servers that we run.",
		models.MethodOAuth:             "The client connects an app of ours on the platform.",
		models.MethodVaultShare:        "Only where a platform knows no users. The secret stays in the vault; record the item’s address.",
	}
	var list []methodChoice
	for _, m := range access.Methods() {
		list = append(list, methodChoice{choice{string(m), methodWords(m), selected == string(m)}, hints[m]})
	}
	return list
}

func platformRows(client string) []platformRow {
	id, _ := strconv.ParseInt(client, 10, 64) // 0: the address names no client
	var rows []platformRow
	for _, p := range catalog.Platforms() {
		rows = append(rows, platformRow{Name: p.Name, Least: p.Least, Roles: joinAnd(p.Roles), How: methodWords(p.Methods[0]), URL: newGrantURL(id, p.Code)})
	}
	return rows
}
