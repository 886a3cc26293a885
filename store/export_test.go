package store

import "context"

// SQLiteFile gives the path of a store's file.
func SQLiteFile(s *Store) string {
	var path string
	s.reader.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path)
	return path
}

// MigrateThrough applies the steps from another folder, to play an older or a newer version.
var _ = context.Background
