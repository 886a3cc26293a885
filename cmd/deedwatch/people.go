package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// withStore opens the configured database for one command. The schema must be current.
func withStore(ctx context.Context, root *cli, s streams, f func(*store.Store) error) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return errors.Join(f(st), st.Close())
}

type userCmd struct {
	List   userListCmd   `cmd:"" help:"List the accounts."`
	Invite userInviteCmd `cmd:"" help:"Make a link at which a colleague sets a password."`
}

type userInviteCmd struct {
	Email string `arg:"" help:"The colleague's work e-mail."`
	Role  string `help:"viewer, onboarding, ops or admin." enum:"viewer,onboarding,ops,admin" default:"viewer"`
}

// Run prints the link. Whoever opens it first sets the password; it works once and for a day.
func (c *userInviteCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, cfg, appOptions{log: log, pages: true})
	if err != nil {
		return err
	}
	link, err := a.pages.InviteLink(ctx, c.Email, models.UserRole(c.Role))
	if err = errors.Join(err, a.store.Close()); err != nil {
		return err
	}
	say := printer{w: s.out}
	say.line("%s", link)
	return say.err
}

type userListCmd struct {
	JSON bool `name:"json" help:"Print one JSON document."`
}

type userDoc struct {
	Email       string     `json:"email"`
	Name        string     `json:"name"`
	Role        string     `json:"role"`
	Disabled    bool       `json:"disabled"`
	LastLoginAt *time.Time `json:"last_login_at"`
}

// Run lists the accounts, without anything secret.
func (c *userListCmd) Run(ctx context.Context, root *cli, s streams) error {
	return withStore(ctx, root, s, func(st *store.Store) error {
		users, err := st.Users(ctx)
		if err != nil {
			return fmt.Errorf("list the accounts: %w", err)
		}
		docs := make([]userDoc, len(users))
		for i, u := range users {
			docs[i] = userDoc{u.Email, u.Name, string(u.Role), u.DisabledAt != nil, u.LastLoginAt}
		}
		if c.JSON {
			return printJSON(s.out, docs)
		}
		say := printer{w: s.out}
		for _, d := range docs {
			say.line("%-32s %-10s %s", d.Email, d.Role, d.Name)
		}
		return say.err
	})
}

type accessCmd struct {
	List accessListCmd `cmd:"" help:"List delegated access."`
}

type accessListCmd struct {
	Holder string `help:"Only what this person or team holds." placeholder:"WHO"`
	JSON   bool   `name:"json" help:"Print one JSON document."`
}

type grantDoc struct {
	ID        int64      `json:"id"`
	Client    string     `json:"client"`
	Platform  string     `json:"platform"`
	Asset     string     `json:"asset"`
	Role      string     `json:"role"`
	Method    string     `json:"method"`
	Holder    string     `json:"holder"`
	State     string     `json:"state"`
	ReviewDue *time.Time `json:"review_due"`
}

// Run lists the register.
func (c *accessListCmd) Run(ctx context.Context, root *cli, s streams) error {
	return withStore(ctx, root, s, func(st *store.Store) error {
		grants, err := st.Grants(ctx, models.GrantQuery{Holder: c.Holder})
		if err != nil {
			return fmt.Errorf("list delegated access: %w", err)
		}
		docs := make([]grantDoc, len(grants))
		for i, v := range grants {
			g := v.Grant
			docs[i] = grantDoc{g.ID, v.ClientName, g.Platform, g.Asset, g.Role, string(g.Method), g.Holder, string(g.State), g.ReviewDue}
		}
		if c.JSON {
			return printJSON(s.out, docs)
		}
		say := printer{w: s.out}
		for _, d := range docs {
			say.line("%-28s %-20s %-16s %-12s %s", d.Client, d.Platform, d.Role, d.State, d.Holder)
		}
		return say.err
	})
}
