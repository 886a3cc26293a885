package bounce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Maildir is a bounce mailbox in a folder of this machine, in the form of qmail's maildir: new messages are files in new/, and those that
// were read are in cur/.
type Maildir struct {
	Folder string
}

// String names the mailbox.
func (m Maildir) String() string { return "maildir " + m.Folder }

// Check says what keeps the mailbox from being read.
func (m Maildir) Check(context.Context) error {
	for _, sub := range []string{"new", "cur"} {
		info, err := os.Stat(filepath.Join(m.Folder, sub))
		if err != nil {
			return fmt.Errorf("%s: %w; a maildir has the folders new, cur and tmp", m, err)
		}
		if !info.IsDir() {
			return fmt.Errorf("%s: %s is not a folder", m, sub)
		}
	}
	return nil
}

// Sweep hands each new message, at most so many, to take, in the order of their names, and moves it to cur/ when take gives no error; one
// that could not be taken is found again. It gives how many were taken.
func (m Maildir) Sweep(ctx context.Context, most int, take func(ctx context.Context, raw []byte) error) (taken int, err error) {
	entries, err := os.ReadDir(filepath.Join(m.Folder, "new"))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", m, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") })
	var failed []error
	for _, e := range entries[:min(len(entries), most)] {
		if err := ctx.Err(); err != nil {
			return taken, errors.Join(append(failed, err)...)
		}
		if err := m.takeOne(ctx, e.Name(), take); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m, err))
			continue
		}
		taken++
	}
	return taken, errors.Join(failed...)
}

func (m Maildir) takeOne(ctx context.Context, name string, take func(ctx context.Context, raw []byte) error) error {
	path := filepath.Join(m.Folder, "new", name)
	f, err := os.Open(path) //nolint:gosec // a regular file in the folder that the operator names
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(f, MaxReport))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := take(ctx, raw); err != nil {
		return err
	}
	if !strings.Contains(name, ":2,") {
		name += ":2,S"
	}
	if err := os.Rename(path, filepath.Join(m.Folder, "cur", name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
