package monitor

// The notes on where the numbers of the default portfolio come from.
const (
	noteAssumed = "assumed: small firms in the United States"
	noteTail    = "assumed: the tail, one name in a few hundred"
)

// DefaultMix is the portfolio of a marketing agency in the United States with small firms as clients. No such portfolio is published. The
// order and the weight of .com follow what is: .com and .net hold about 170 of some 370 million registered names of the world (Verisign,
// The Domain Name Industry Brief), of which more than 140 million are under country suffixes that such firms hardly use, so .com is put at
// three quarters. The rest is assumed, with every suffix in it whose registry is strict, so that a plan shows what these bear.
func DefaultMix() []SuffixShare {
	return []SuffixShare{
		{"com", 0.745, "assumed, after the Domain Name Industry Brief"},
		{"net", 0.055, "assumed, after the Domain Name Industry Brief"},
		{"org", 0.07, noteAssumed},
		{"co", 0.02, noteAssumed},
		{"us", 0.015, noteAssumed},
		{"io", 0.012, noteAssumed},
		{"info", 0.008, noteAssumed},
		{"biz", 0.007, noteAssumed},
		{"ca", 0.006, noteTail},
		{"ai", 0.004, noteTail},
		{"agency", 0.004, noteTail},
		{"shop", 0.004, noteTail},
		{"online", 0.004, noteTail},
		{"xyz", 0.004, noteTail},
		{"app", 0.004, noteTail},
		{"dev", 0.003, noteTail},
		{"store", 0.003, noteTail},
		{"site", 0.003, noteTail},
		{"me", 0.003, noteTail},
		{"tv", 0.003, noteTail},
		{"health", 0.002, noteTail},
		{"law", 0.002, noteTail},
		{"dental", 0.002, noteTail},
		{"pro", 0.002, noteTail},
		{"co.uk", 0.002, noteTail},
		{"uk", 0.001, noteTail},
		{"de", 0.002, noteTail},
		{"mx", 0.002, noteTail},
		{"com.mx", 0.002, noteTail},
		{"com.au", 0.002, noteTail},
		{"fr", 0.001, noteTail},
		{"eu", 0.001, noteTail},
		{"nl", 0.001, noteTail},
		{"no", 0.0005, noteTail},
		{"ie", 0.0005, noteTail},
		{"com.br", 0.001, noteTail},
		{"jp", 0.0005, noteTail},
	}
}

// DefaultStages are the shares of a year that a name registered for a year at a time spends in each stage, when three names in four are
// renewed in the last week or before, one in five within a month after, and the rest lapses: near is 53 days of 365, close the last week
// and those after the expiry, trouble the 35 days of the few that lapse.
func DefaultStages() Stages {
	return Stages{Far: 0.823, Near: 0.145, Close: 0.0275, Trouble: 0.0045}
}
