package lab

// DemoGrant is access that a client of the demo was asked for.
type DemoGrant struct {
	Client   string // as in the portfolio
	Platform string // name or code
	Asset    string
	Role     string
	Method   string // as the access register calls it
	Team     string // who holds it
	Purpose  string
	AskedAgo int    // days
	Granted  string // by whom; empty: not yet
	Verified string // how; empty: not yet
}

// DemoGrants lists the access that the demo's newest clients were asked for: an onboarding in its middle, and one that is done.
func DemoGrants() []DemoGrant {
	bakery, hotel := demoClients["bakery"], demoClients["hotel"]
	return []DemoGrant{
		{bakery.name, "wordpress", "goldencrust.lab/wp-admin", "Editor", "user_invitation", "Web team", "Website Development", 9, bakery.owner.name, "Opened the dashboard and saved a draft"},
		{bakery.name, "google_analytics", "G-DEMO4821", "Editor", "user_invitation", "Web team", "Website Development", 9, bakery.owner.name, ""},
		{bakery.name, "mailchimp", "Golden Crust news", "Manager", "user_invitation", "Mail team", "Email Marketing", 3, "", ""},
		{hotel.name, "meta_business", "Harbor Light Hotel", "Manage campaigns", "partner_access", "Ads team", "Social Media Ads", 40, hotel.owner.name, "Opened the ad account and saw last week's figures"},
	}
}
