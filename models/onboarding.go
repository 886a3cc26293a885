package models

// OnboardingView is what a client still has to do, and has done, for the agency's services: the records of its domains and the access it
// was asked for.
type OnboardingView struct {
	Client  Client
	Domains []OnboardingDomain // under watch, by name
	Grants  []Grant            // by platform and asset, those that ended included
}

// OnboardingDomain is a domain with the records that are expected of it, and what is known around them to put them right.
type OnboardingDomain struct {
	Domain     Domain
	Registrar  string      // empty: not known
	Delegation *Delegation // nil: not looked at yet
	Records    []ExpectedRecord
	Findings   []Finding // open ones
}
