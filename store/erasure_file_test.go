package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/krestmarketing/deedwatch/store"
)

// TestTheFileKeepsNothingOfAnErasedPerson looks into the bytes of the database's file: what was deleted or written over must not be left in
// its free space.
func TestTheFileKeepsNothingOfAnErasedPerson(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "erased.db")
	o := store.Options{DSN: path}
	ok(t, store.Migrate(t.Context(), o))
	s := must[*store.Store](t)(store.Open(t.Context(), o))
	sqliteFiles.Store(s, path)
	p := personalWorld(t, s)
	sqliteFiles.Delete(s)
	ok(t, s.Close())
	traces := []string{"Ada Birch", "owner@amberbakery.example"}
	for _, trace := range traces {
		if content := must[[]byte](t)(os.ReadFile(path)); !bytes.Contains(content, []byte(trace)) {
			t.Fatalf("%q was never in the file", trace)
		}
	}
	s = must[*store.Store](t)(store.Open(t.Context(), o))
	erased(t, s, p.w.Contacts[0].ID, at(day))
	ok(t, s.Close())
	content := must[[]byte](t)(os.ReadFile(path))
	for _, trace := range traces {
		if n := bytes.Count(content, []byte(trace)); n > 0 {
			t.Errorf("%q stands %d times in the free space of the file", trace, n)
		}
	}
	if left, err := os.Stat(path + "-wal"); err == nil && left.Size() > 0 {
		t.Errorf("%d bytes of the write-ahead log are left", left.Size())
	}
}

func TestANewFileIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new.db")
	o := store.Options{DSN: path}
	ok(t, store.Migrate(t.Context(), o))
	s := must[*store.Store](t)(store.Open(t.Context(), o))
	defer func() { ok(t, s.Close()) }()
	ok(t, s.AddLedger(t.Context(), entries(1)))
	for _, name := range []string{path, path + "-wal"} {
		if info := must[os.FileInfo](t)(os.Stat(name)); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %s", filepath.Base(name), info.Mode())
		}
	}
	ok(t, os.Chmod(path, 0o640))
	ok(t, store.Migrate(t.Context(), o))
	if info := must[os.FileInfo](t)(os.Stat(path)); info.Mode().Perm() != 0o640 {
		t.Errorf("what the operator set became %s", info.Mode())
	}
}
