package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/lab"
)

type labCmd struct {
	Replay string `help:"Serve the recorded answers of this folder instead of the demo's world." placeholder:"DIR" type:"path"`
	Listen string `help:"Address of the inbox page; port 0 picks a free one." default:"127.0.0.1:0" placeholder:"HOST:PORT"`
}

// Run serves a small internet until it is told to stop. On standard output it prints the configuration that points a Deedwatch at it.
func (c *labCmd) Run(ctx context.Context, s streams) (err error) {
	log := newLogger(configs.Log{Level: "warn", Format: "text"}, s.err)
	world, closeLab, err := c.start(ctx, lab.Options{Now: time.Now, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLab()) }()
	l, err := listen(c.Listen)
	if err != nil {
		return err
	}
	server := newHTTPServer(world.Console(lab.ConsoleOptions{BasePath: "/demo"}), log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	text, err := yaml.Marshal(labSettings(world.Endpoints()))
	if err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	say, note := printer{w: s.out}, printer{w: s.err}
	say.line("%s", text)
	note.line("lab is up; inbox: http://%s/demo/", l.Addr())
	select {
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(server.Shutdown(stop), <-served)
	case err = <-served:
	}
	if errors.Is(err, http.ErrServerClosed) { // told to stop
		err = nil
	}
	return errors.Join(err, say.err, note.err)
}

func (c *labCmd) start(ctx context.Context, o lab.Options) (*lab.Lab, func() error, error) {
	if c.Replay != "" {
		r, err := lab.StartReplay(ctx, c.Replay, o)
		if err != nil {
			return nil, nil, usage("--replay: %v", err)
		}
		return r.Lab(), r.Close, nil
	}
	l, err := lab.Start(ctx, lab.DemoWorld(o.Now()), o)
	if err != nil {
		return nil, nil, fmt.Errorf("start the lab: %w", err)
	}
	return l, l.Close, nil
}

// labSettings are the keys that differ from the defaults, in the form of a configuration file.
func labSettings(e lab.Endpoints) map[string]any {
	c := labConfig(e)
	d := map[string]any{"root_hints": c.DNS.RootHints, "port": c.DNS.Port, "ipv6": c.DNS.IPv6, "timeout": c.DNS.Timeout.String(), "per_second": c.DNS.PerSecond}
	if len(c.DNS.AddressMap) > 0 {
		d["address_map"] = c.DNS.AddressMap
	}
	return map[string]any{
		"agency":  map[string]any{"phone": "(888) 555-0100", "support_url": "https://krest.lab/support/"}, // what mail can't do without
		"network": map[string]any{"allow_private": true},
		"rdap":    map[string]any{"bootstrap": c.RDAP.Bootstrap, "overrides": c.RDAP.Overrides, "per_second": c.RDAP.PerSecond},
		"whois":   map[string]any{"servers": c.WHOIS.Servers, "per_second": c.WHOIS.PerSecond},
		"dns":     d,
		"smtp":    map[string]any{"address": c.SMTP.Address, "tls": c.SMTP.TLS},
	}
}
