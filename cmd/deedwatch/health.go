package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// healthCmd asks a running instance, so that a container without any other program can check itself.
type healthCmd struct {
	URL string `name:"url" help:"Address to ask; by default the configured listen address." placeholder:"URL"`
}

// Run exits 0 when the instance says that it is up.
func (c *healthCmd) Run(ctx context.Context, root *cli, s streams) error {
	if c.URL == "" {
		cfg, _, err := root.load(s)
		if err != nil {
			return err
		}
		host, port, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return usage("listen: %v", err)
		}
		if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
			host = "127.0.0.1"
		}
		c.URL = "http://" + net.JoinHostPort(host, port) + "/healthz"
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, http.NoBody)
	if err != nil {
		return usage("--url: %v", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("not up: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not up: %s answers %s", c.URL, resp.Status)
	}
	return nil
}
