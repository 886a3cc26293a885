package dnsbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
)

// startHelper starts the process that does for this world what NSD does not.
func (w *World) startHelper(ctx context.Context) error {
	spec, err := json.Marshal(w.o)
	if err != nil {
		return fmt.Errorf("tell what to serve: %w", err)
	}
	log, err := os.Create(filepath.Join(w.dir, "helper.log"))
	if err != nil {
		return fmt.Errorf("start the servers: %w", err)
	}
	cmd := w.o.Helper(context.WithoutCancel(ctx), string(spec))
	cmd.Stderr = log
	if err := errors.Join(w.keep(cmd), log.Close()); err != nil {
		return fmt.Errorf("start the servers: %w", err)
	}
	return nil
}

// Serve is the work of the helper process: it serves what the text says until in ends, or ctx does.
func Serve(ctx context.Context, spec string, in io.Reader) (err error) {
	var o Options
	if err := json.Unmarshal([]byte(spec), &o); err != nil {
		return fmt.Errorf("what to serve: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if in != nil {
		go func() {
			defer stop()
			_, _ = io.Copy(io.Discard, in)
		}()
	}
	w := newWorld(o)
	for _, p := range w.parts() {
		if o.NoNSD {
			r, err := newResponder(w, p)
			if err != nil {
				return err
			}
			for _, addr := range p.addrs {
				end, err := r.listen(netip.AddrPortFrom(netip.MustParseAddr(w.behind(addr)), o.Port))
				if err != nil {
					return err
				}
				defer end()
			}
		}
		for _, addr := range p.addrs {
			if !o.far() {
				continue
			}
			relay, err := NewRelay(netip.AddrPortFrom(netip.MustParseAddr(addr), o.Port), netip.AddrPortFrom(netip.MustParseAddr(w.behind(addr)), o.Port)) //nolint:contextcheck // a relay lives until it is closed
			if err != nil {
				return err
			}
			defer func() { _ = relay.Close() }()
			relay.Act(Behaviour{Delay: o.RTT, Loss: o.Loss})
		}
	}
	<-ctx.Done()
	return nil
}
