package models

// Standing is a domain whose DNS was right in every respect when it was last looked at whole: what a check that all of it is still so
// compares with.
type Standing struct {
	DomainID int64
	Domain   string   // A-label
	NS       []string // what the parent and the zone both name
	Records  []ExpectedRecord
}

// Still says whether a Standing is what the servers answer now. Why is empty when it is; else it names what is not, and a whole look is
// needed to say what that means: an answer that differs is never taken for a finding by itself.
type Still struct {
	Why     string
	Queries int // sent, repetitions included
}
