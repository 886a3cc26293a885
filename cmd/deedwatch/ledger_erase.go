package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

type ledgerEraseCmd struct {
	Contact string `arg:"" help:"The person's address at this client, or the contact's number."`
	Client  string `required:"" help:"The client: its name, or its number." placeholder:"NAME"`
	Reason  string `help:"Why, in words that name nobody; it stays in the ledger." default:"at the person's request"`
	By      string `help:"Who does it; it stays in the ledger." default:"command line"`
	Force   bool   `help:"Even if nobody is left who can be written to about the client's domains."`
	Yes     bool   `help:"Do it. Without this, nothing is changed."`
	JSON    bool   `name:"json" help:"Print one JSON document."`
}

// erasureDoc is what erase-contact prints.
type erasureDoc struct {
	ContactID int64 `json:"contact_id"`
	Already   bool  `json:"already"`
	Lines     int   `json:"ledger_lines"`
	Messages  int   `json:"messages"`
	Others    int   `json:"other_rows"`
}

// Run takes the person out, in one transaction. It can't be undone.
func (c *ledgerEraseCmd) Run(ctx context.Context, root *cli, s streams) error {
	return withStore(ctx, root, s, func(st *store.Store) error {
		id, err := c.contact(ctx, st)
		if err != nil {
			return err
		}
		if !c.Yes {
			return usage("contact %d of this client is found; what names this person would be taken out for good. Give --yes to do it", id)
		}
		res, err := st.EraseContact(ctx, models.Erasure{ContactID: id, By: c.By, Reason: c.Reason, At: time.Now(), Force: c.Force})
		if err != nil {
			return fmt.Errorf("nothing was erased: %w", err)
		}
		doc := erasureDoc{id, res.Already, res.Lines, res.Messages, res.Others}
		if c.JSON {
			return printJSON(s.out, doc)
		}
		say := printer{w: s.out}
		if res.Already {
			say.line("contact %d was erased before; nothing was done", id)
			return say.err
		}
		say.line("erased contact %d: out of %d ledger lines, %d messages, %d other rows; the hashes stay", id, res.Lines, res.Messages, res.Others)
		say.line("take the person out of the file that you import, too, and mind backups: they hold what was erased until they are gone")
		return say.err
	})
}

// contact finds the contact at the client.
func (c *ledgerEraseCmd) contact(ctx context.Context, st *store.Store) (int64, error) {
	client, err := clientID(ctx, st, c.Client)
	if err != nil {
		return 0, err
	}
	view, err := st.ClientView(ctx, client)
	if err != nil {
		return 0, fmt.Errorf("find the contact: %w", err)
	}
	i := slices.IndexFunc(view.Contacts, func(p models.Contact) bool {
		return p.Email == strings.ToLower(c.Contact) || strconv.FormatInt(p.ID, 10) == c.Contact
	})
	if i < 0 {
		return 0, usage("nobody at this client has that address or number; who was erased before has only the number left")
	}
	return view.Contacts[i].ID, nil
}
