package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/notify"
)

// newSigner makes the signer of links from the configured key, or from the one kept beside the SQLite file. The key is never in the database.
func (a *app) newSigner() (*notify.Signer, error) {
	key := []byte(a.cfg.Links.Key.Reveal())
	if len(key) == 0 {
		var err error
		if key, err = keyBeside(sqlitePath(a.cfg.Database.Reveal())); err != nil {
			return nil, &configs.Error{Source: "links.key", Msg: err.Error()}
		}
	}
	s, err := notify.NewSigner(key)
	if err != nil {
		return nil, &configs.Error{Source: "links.key", Msg: err.Error()}
	}
	return s, nil
}

// sqlitePath is the file of a SQLite setting.
func sqlitePath(dsn string) string {
	path := strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "file:")
	path, _, _ = strings.Cut(path, "?")
	return path
}

// keyBeside reads the key kept beside a database, or makes it, for its owner's eyes only. Two processes that start at once end with the
// same key: whoever creates the file first wins.
func keyBeside(database string) ([]byte, error) {
	path := database + ".linkkey"
	key, err := os.ReadFile(path) //nolint:gosec // beside the database that the operator names
	if err == nil {
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the key beside the database can't be read: %w", err)
	}
	raw := make([]byte, 48)
	_, _ = rand.Read(raw) // never fails
	made := base64.StdEncoding.EncodeToString(raw)
	tmp, err := os.CreateTemp(filepath.Dir(path), ".linkkey-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("a key can't be kept beside the database: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(made)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, fmt.Errorf("a key can't be kept beside the database: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("a key can't be kept beside the database: %w", err)
	}
	return os.ReadFile(path) //nolint:gosec // as above
}
