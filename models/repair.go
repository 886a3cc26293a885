package models

// RepairAction is what has to be done to put a record right.
type RepairAction string

// The actions of a repair.
const (
	RepairCreate     RepairAction = "create"     // enter the record
	RepairReplace    RepairAction = "replace"    // change the record that is there
	RepairExtend     RepairAction = "extend"     // add to the one record that may be there
	RepairRemove     RepairAction = "remove"     // delete the record
	RepairSync       RepairAction = "sync"       // bring the name servers in step
	RepairDelegation RepairAction = "delegation" // correct the name servers first
)

// Whose hands a repair is in.
const (
	SideParent   = "parent"   // the registrar's entry, which the client corrects
	SideClient   = "client"   // the client's zone
	SideAgency   = "agency"   // the agency's own servers
	SideProvider = "provider" // the DNS host's servers
)

// RepairField is one field of a DNS host's form. All texts are printable and on one line.
type RepairField struct {
	Label string
	Value string // to be copied as it stands; empty: Hint says what to do
	Hint  string
}

// RepairEntry is one record as a DNS host's form has it.
type RepairEntry struct {
	Type   string
	Fields []RepairField
}

// Repair says how a broken record is put right: for a page, and as a text for a ticket.
type Repair struct {
	State   RecordState
	Action  RepairAction
	Side    string
	Summary string // one sentence: who does what
	DNSHost string // the host as its customers call it; empty: not recognised
	Where   string // the way through the host's pages; empty: not known
	Zone    string // the zone in which the record is kept
	Enter   []RepairEntry
	Remove  []RepairEntry
	Notes   []string // sentences
	Ticket  string   // plain text of several lines, all of the above in it
}

// RepairCase is what a repair is made from: a record with what was seen of it, and what is known around it.
type RepairCase struct {
	Domain     string
	Registrar  string // empty: not known
	Record     ExpectedRecord
	Others     []ExpectedRecord // all that is expected of the domain, the record itself included or not
	Delegation *Delegation      // nil: not looked at yet
}
