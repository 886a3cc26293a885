package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/store"
)

type noticesCmd struct {
	List    noticesListCmd    `cmd:"" help:"List notices that wait to go out."`
	Preview noticesPreviewCmd `cmd:"" help:"Show how notices read, with invented data and without a database."`

	Forecast noticesForecastCmd `cmd:"" help:"Say what goes out in the next days if nothing changes."`
	Hold     noticesHoldCmd     `cmd:"" help:"Keep a notice, a foreseen one, or all of a client from going out."`
	Release  noticesReleaseCmd  `cmd:"" help:"Let a held notice, or a held client's, go."`
	Digest   noticesDigestCmd   `cmd:"" help:"Show the morning digest of ops as it reads at this moment."`
	SendTest noticesSendTestCmd `cmd:"" help:"Send a foreseen message to an address of your own, marked as a test."`
}

// noticeWords says with what letters are worded: the agency's own texts, and the advice on broken records.
func noticeWords(c configs.Config) notify.Words {
	words := notify.Words{Repair: monitor.Repair}
	if c.Notices.Templates != "" {
		words.Folder, words.Shown = os.DirFS(c.Notices.Templates), c.Notices.Templates
	}
	return words
}

// newRenderer words letters as configured. What is wrong with the agency or with its texts is a configuration error.
func newRenderer(c configs.Config) (*notify.Renderer, error) {
	r, err := notify.NewRenderer(agency(c), noticeWords(c))
	if err != nil {
		return nil, &configs.Error{Source: "notices", Msg: err.Error()}
	}
	return r, nil
}

type noticesListCmd struct {
	Limit int  `help:"At most so many." default:"200"`
	JSON  bool `name:"json" help:"Print one JSON document."`
}

type noticeDoc struct {
	ID        int64     `json:"id"`
	DomainID  int64     `json:"domain_id"`
	Domain    *string   `json:"domain"`
	Stage     string    `json:"stage"`
	Recipient string    `json:"recipient"`
	State     string    `json:"state"`
	DueAt     time.Time `json:"due_at"`
	Reason    string    `json:"reason"`
}

// Run lists what waits.
func (c *noticesListCmd) Run(ctx context.Context, root *cli, s streams) error {
	if c.Limit < 1 {
		return usage("--limit: give a number above 0")
	}
	return withStore(ctx, root, s, func(st *store.Store) error {
		views, err := st.QueuedNotices(ctx, c.Limit)
		if err != nil {
			return fmt.Errorf("list the notices: %w", err)
		}
		docs := make([]noticeDoc, len(views))
		for i, v := range views {
			n := v.Notice
			docs[i] = noticeDoc{n.ID, n.DomainID, nil, string(n.Stage), n.Recipient, string(n.State), n.DueAt, n.Reason}
			if v.DomainName != "" {
				docs[i].Domain = &v.DomainName
			}
		}
		if c.JSON {
			return printJSON(s.out, docs)
		}
		say := printer{w: s.out}
		for _, d := range docs {
			about := "the client"
			if d.Domain != nil {
				about = *d.Domain
			}
			say.line("%6d  %s  %-14s %-10s %-32s %-28s %s", d.ID, d.DueAt.Format(time.RFC3339), d.Stage, d.State, d.Recipient, about, d.Reason)
		}
		return say.err
	})
}
