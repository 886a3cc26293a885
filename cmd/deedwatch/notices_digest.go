package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/krestmarketing/deedwatch/notify/ops"
	"github.com/krestmarketing/deedwatch/store"
)

type noticesDigestCmd struct {
	HTML bool `name:"html" help:"Print the HTML part."`
	JSON bool `name:"json" help:"Print one JSON document."`
}

// Run prints the morning digest as it would read at this moment; nothing is sent.
func (c *noticesDigestCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	desk, err := ops.New(opsOptions(cfg, st, &http.Client{}, noMail{}, time.Now))
	if err != nil {
		return errors.Join(err, st.Close())
	}
	digest, err := desk.Digest(ctx, time.Now())
	if err = errors.Join(err, st.Close()); err != nil {
		return err
	}
	switch {
	case c.JSON:
		return printJSON(s.out, digest)
	case c.HTML:
		_, err = io.WriteString(s.out, digest.HTML)
	default:
		_, err = fmt.Fprintf(s.out, "Subject: %s\n\n%s", digest.Subject, digest.Text)
	}
	return err
}
