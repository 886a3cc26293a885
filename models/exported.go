package models

// ExportedRecord is an expected record with the names that people know it by.
type ExportedRecord struct {
	Domain string // A-label
	Client string
	Record ExpectedRecord
}

// ExportedChange is a change of a registration with the names that people know it by.
type ExportedChange struct {
	Domain string // A-label
	Client string
	Change Change
}
