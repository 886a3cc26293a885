package pgtest

import "testing"

func TestWithDatabase(t *testing.T) {
	for _, tc := range []struct{ why, dsn, want string }{
		{"the path of a URL is the database", "postgres://u:p@h:5432/postgres?sslmode=disable", "postgres://u:p@h:5432/fresh?sslmode=disable"},
		{"the long scheme is the same", "postgresql://h/a", "postgresql://h/fresh"},
		{"in keyword form the last value counts", "host=h dbname=a", "host=h dbname=a dbname=fresh"},
	} {
		got, err := withDatabase(tc.dsn, "fresh")
		if err != nil || got != tc.want {
			t.Errorf("%s: got %q, %v; want %q", tc.why, got, err, tc.want)
		}
	}
	if _, err := withDatabase("postgres://[h/x", "fresh"); err == nil {
		t.Error("a broken URL was accepted")
	}
}
