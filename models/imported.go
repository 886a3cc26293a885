package models

// ImportedRow says what importing one row did, or would do.
type ImportedRow struct {
	Action  ImportAction
	Changes []ValueChange // of what was stored before, by the names of the columns
}

// ValueChange is one value that an import changes.
type ValueChange struct {
	Field  string // the import's name for it, or "client_services" (one that is added), "contact_role", "archived"
	Before string
	After  string
}
