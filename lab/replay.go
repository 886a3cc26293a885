package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Case is one recorded answer.
type Case struct {
	Domain string // A-label form
	Kind   string // KindWHOIS or KindRDAP
	Name   string // as the recording calls it
	File   string // below the folder; "" when an RDAP answer has no body
	Server string // who gave the answer once; may be empty
	// Expected is the whole line of the recording that says what must come out.
	Expected json.RawMessage
	// Endpoint serves exactly this case: host:port for WHOIS, a URL for RDAP.
	Endpoint string
}

// Replay serves recorded answers of real registries on loopback.
type Replay struct {
	lab   *Lab
	cases []Case
}

// StartReplay serves the recordings below dir: whois/expected.jsonl with its
// texts, and rdap/cases.jsonl with its bodies. Either may be missing, not both.
//
// The endpoints lead every suffix to a WHOIS server that answers by the name
// asked for, with the first recording of a name that has several; each further
// one has a server of its own, named by its case. RDAP is announced for the
// recorded names themselves, and for a suffix only where no WHOIS text shares
// it. Mail is kept as in a Lab. All name servers answer SERVFAIL: DNS was not
// recorded, so looking there must end in "could not look".
func StartReplay(ctx context.Context, dir string, opts Options) (*Replay, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("lab: open the recordings: %w", err)
	}
	defer func() { _ = root.Close() }()
	texts, err := loadWHOIS(root.FS())
	if err != nil {
		return nil, err
	}
	bodies, err := loadRDAP(root.FS())
	if err != nil {
		return nil, err
	}
	if len(texts)+len(bodies) == 0 {
		return nil, fmt.Errorf("lab: %s holds no recordings: neither whois/expected.jsonl nor rdap/cases.jsonl", dir)
	}
	l, err := Start(ctx, World{}, opts)
	if err != nil {
		return nil, err
	}
	r := &Replay{lab: l}
	for _, address := range l.endpoints.RootHints {
		err = errors.Join(err, l.SetServerBehaviour(address, Behaviour{Mode: ModeServFail}))
	}
	if err = errors.Join(err, r.serveWHOIS(texts), r.serveRDAP(bodies)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return r, nil
}

// Close stops all servers.
func (r *Replay) Close() error { return r.lab.Close() }

// Endpoints tells where the recordings are served.
func (r *Replay) Endpoints() Endpoints { return r.lab.Endpoints() }

// Cases returns every recorded answer, in the order of the recording.
func (r *Replay) Cases() []Case { return r.cases }

// Lab returns the lab that carries the replay, for its mails, journal, counters
// and console.
func (r *Replay) Lab() *Lab { return r.lab }

// lines reads a file of JSON lines; a missing file has none.
func lines(fsys fs.FS, name string) ([]json.RawMessage, error) {
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lab: read the recordings: %w", err)
	}
	var out []json.RawMessage
	const longest = 4 << 20
	scanner := bufio.NewScanner(bytes.NewReader(data))
	scanner.Buffer(nil, longest)
	for scanner.Scan() {
		line := bytes.TrimSpace(scanner.Bytes())
		if len(line) > 0 {
			out = append(out, bytes.Clone(line))
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("lab: read %s: %w", name, err)
	}
	return out, nil
}
