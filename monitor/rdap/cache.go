package rdap

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cacheState is the file on disk: the registry as last received, and what a conditional request needs.
type cacheState struct {
	Source    string          `json:"source"`
	CheckedAt time.Time       `json:"checked_at"` // when the source last confirmed or replaced it
	ETag      string          `json:"etag,omitempty"`
	Modified  string          `json:"last_modified,omitempty"`
	Registry  json.RawMessage `json:"registry"`
}

// readCache takes the copy on disk, if there is one from the same source that is newer than what is in use.
func (d *Directory) readCache() {
	if d.cachePath == "" {
		return
	}
	data, err := os.ReadFile(d.cachePath)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	var state cacheState
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err == nil && state.Source != d.source {
		return
	}
	var parsed servers
	if err == nil {
		parsed, err = parseRegistry(state.Registry)
	}
	if err != nil {
		d.log.Warn("the kept copy of the RDAP bootstrap registry can't be read and will be fetched again", "path", d.cachePath, "error", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fetched == nil || state.CheckedAt.After(d.state.CheckedAt) {
		d.fetched, d.state, d.origin = parsed, state, FromDisk
	}
}

// writeAtomically replaces a file so that a reader sees the old or the new one, never half of it.
func writeAtomically(path string, state cacheState) error {
	data, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("keep the RDAP bootstrap registry: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("keep the RDAP bootstrap registry: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".rdap-bootstrap-*")
	if err != nil {
		return fmt.Errorf("keep the RDAP bootstrap registry: %w", err)
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the RDAP bootstrap registry: %w", err), os.Remove(tmp.Name()))
	}
	return nil
}
