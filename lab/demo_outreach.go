package lab

// demoRefusals are the addresses that the demo's mail server refuses at once.
func demoRefusals() []SMTPFault {
	return []SMTPFault{{Recipient: demoClients["pools"].owner.email, Code: 550, Enhanced: "5.1.1", Text: "no such mailbox here"}}
}

// DemoOutreach is what happened between the demo's agency and its clients beside the notices themselves.
type DemoOutreach struct {
	Held       []DemoHold
	Suppressed []DemoSuppression
	Returned   []DemoReturn
	Proposed   []DemoProposal
	Called     []DemoCall
}

// DemoHold is a client to whom nothing goes out for now.
type DemoHold struct{ Client, Why string }

// DemoSuppression is an address that is not written to.
type DemoSuppression struct{ Address, Why string }

// DemoReturn is an address whose mail the server takes and sends back later.
type DemoReturn struct{ Address, Status, Text string }

// DemoProposal is a contact who answers that somebody else should be asked.
type DemoProposal struct{ Address, Domain, Name, Email, Phone string }

// DemoCall is a call for an open task about a domain, that somebody takes care of since.
type DemoCall struct{ Domain, Outcome, Note string }

// DemoLetters gives what happens beside the notices of the demo's first day.
func DemoLetters() DemoOutreach {
	florist, dentist, vet := demoClients["florist"], demoClients["dentist"], demoClients["vet"]
	return DemoOutreach{
		Held:       []DemoHold{{florist.name, "The shop is being sold; the buyer will name who renews"}},
		Suppressed: []DemoSuppression{{demoClients["bakery"].deputy.email, "asked by phone to be left out while on parental leave"}},
		Returned:   []DemoReturn{{dentist.owner.email, "5.2.2", "mailbox full"}},
		Proposed:   []DemoProposal{{vet.owner.email, "willowvet.lab", "Ada Brink", "ada.brink@mailhost.lab", "+1 555 0127"}},
		Called:     []DemoCall{{"goldencrust.shoplab", "message_left", "Nora is at the market until Thursday; call again after that"}},
	}
}
