package lab

// demoPerson is an invented contact.
type demoPerson struct{ name, email, phone string }

// demoClient is an invented small business with its contacts.
type demoClient struct {
	name          string
	owner, deputy demoPerson
	services      string // as in the portfolio, separated by semicolons
	zone, lang    string
}

const pacific = "America/Los_Angeles"

// demoBookkeeper sees to the papers of three of the clients: more is due to one address on a day than it is sent.
var demoBookkeeper = demoPerson{"Greta Morrow", "greta@morrow-books.lab", "+1 555 0114"}

// The demo's clients, by the key its domains name them with.
var demoClients = map[string]demoClient{
	"bakery": {
		"Golden Crust Bakery",
		demoPerson{"Nora Feldt", "nora.feldt@mailhost.lab", "+1 555 0101"},
		demoPerson{"Paul Feldt", "paul.feldt@mailhost.lab", ""},
		"Website Development;Email Marketing", pacific, "en",
	},
	"dentist": {
		"Brightsmile Dental",
		demoPerson{"Dr. Amira Sayle", "amira.sayle@mailhost.lab", "+1 555 0102"},
		demoPerson{"Jon Tabor", "office@brightsmile-dental.lab", ""},
		"SEO;Google Ads", pacific, "en",
	},
	"florist": {
		"Petal & Stem Florist",
		demoPerson{"Iris Calloway", "iris@petalandstem.lab", "+1 555 0103"},
		demoPerson{},
		"Social Media Management;Website Development", pacific, "en",
	},
	"law": {
		"Hale & Morrow Law",
		demoPerson{"Edwin Hale", "edwin.hale@mailhost.lab", "+1 555 0104"},
		demoBookkeeper,
		"SEO", pacific, "en",
	},
	"pools": {
		"Blue Lagoon Pools",
		demoPerson{"Rafael Ibarne", "rafael.ibarne@mailhost.lab", "+1 555 0105"},
		demoPerson{"Tess Ibarne", "tess.ibarne@mailhost.lab", ""},
		"Google Ads;Website Development", pacific, "en",
	},
	"yoga": {
		"Stillwater Yoga",
		demoPerson{"Mina Oster", "mina.oster@mailhost.lab", "+1 555 0106"},
		demoPerson{"Leo Brandis", "leo.brandis@mailhost.lab", ""},
		"Email Marketing;Social Media Ads", pacific, "en",
	},
	"vet": {
		"Willow Veterinary Clinic",
		demoPerson{"Dr. Hugo Lindqvar", "hugo.lindqvar@mailhost.lab", "+1 555 0107"},
		demoBookkeeper,
		"Google Ads;Email Marketing", pacific, "en",
	},
	"roofing": {
		"Summit Roofing",
		demoPerson{"Carl Denholm", "carl.denholm@mailhost.lab", "+1 555 0108"},
		demoBookkeeper,
		"SEO;Google Ads;Website Development", pacific, "en",
	},
	"auto": {
		"Redline Auto Care",
		demoPerson{"Sonia Vex", "sonia.vex@mailhost.lab", "+1 555 0109"},
		demoPerson{"Dale Pruitt", "dale.pruitt@mailhost.lab", ""},
		"Google Ads", pacific, "en",
	},
	"property": {
		"Crestview Property Management",
		demoPerson{"Olive Tarrant", "olive.tarrant@mailhost.lab", "+1 555 0110"},
		demoPerson{"Ben Quill", "ben.quill@mailhost.lab", ""},
		"Website Development;SEO", pacific, "en",
	},
	"windows": {
		"Fensterbau Möller GmbH",
		demoPerson{"Jürgen Möller", "juergen.moeller@mailhost.lab", "+49 30 23125 011"},
		demoPerson{"Anke Möller", "anke.moeller@mailhost.lab", ""},
		"Website Development;Google Ads", "Europe/Berlin", "de",
	},
	"hotel": {
		"Harbor Light Hotel",
		demoPerson{"Victor Lund", "victor.lund@mailhost.lab", "+1 555 0112"},
		demoPerson{"Camille Roe", "camille.roe@mailhost.lab", ""},
		"Social Media Ads;Email Marketing;Website Development", pacific, "en",
	},
}
