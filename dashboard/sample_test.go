package dashboard_test

import (
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// sampleDomain is one row of the invented portfolio.
type sampleDomain struct {
	name      string
	client    int64
	registrar string
	days      int // to expiry; 9999: none
	lifecycle models.Lifecycle
	why       models.LifecycleReason
	renew     models.AutoRenew
	records   [3]int // total, right, unknown
	answer    models.AnswerKind
	notice    models.Stage
	sentAgo   time.Duration
}

const noDate = 9999

var sampleDomains = []sampleDomain{
	{"wrenwillowflowers.example", 3, "Network Registrar", -71, models.LifecyclePendingDelete, models.WhyStatus, "off", [3]int{3, 0, 0}, "letting_go", "redemption", 36 * 24 * time.Hour},
	{"brightwaterspa.example", 2, "Harbor Names", -51, models.LifecycleRedemption, models.WhyStatus, "off", [3]int{4, 0, 0}, "", "p4", 8 * 24 * time.Hour},
	{"harborlinesmiles.example", 1, "Harbor Names", -15, models.LifecycleExpired, models.WhyDate, "off", [3]int{2, 1, 0}, "", "p1", 26 * time.Hour},
	{"summitridgeroof.example", 4, "", -85, models.LifecycleReleased, models.WhyAbsentConfirmed, "unknown", [3]int{}, "letting_go", "p4", 10 * 24 * time.Hour},
	{"wrenandwillow.example", 3, "Network Registrar", 1, models.LifecycleExpiring, models.WhyDate, "off", [3]int{5, 5, 0}, "", "d1", 49 * time.Hour},
	{"casaverbena.example", 5, "Square Names", 3, models.LifecycleExpiring, models.WhyDate, "unknown", [3]int{7, 6, 0}, "renewed", "d3", 2 * time.Hour},
	{"brightwaterpools.example", 2, "Harbor Names", 7, models.LifecycleExpiring, models.WhyDate, "off", [3]int{6, 6, 0}, "", "d14", 5 * 24 * time.Hour},
	{"finchmediation.example", 6, "Cloud Names", 10, models.LifecycleExpiring, models.WhyDate, "on", [3]int{4, 4, 0}, "auto_renew_on", "d14", 4 * 24 * time.Hour},
	{"tidepool.example", 7, "Cheap Names", 194, models.LifecycleOnHold, models.WhyStatus, "on", [3]int{6, 0, 6}, "", "", 0},
	{"northgateautocare.example", 8, "Wick Names", 223, models.LifecycleUnknown, models.WhyLookFailing, "on", [3]int{6, 6, 0}, "", "", 0},
	{"xn--kessler-tren-llb.example", 9, "Ion Names", noDate, models.LifecycleUnknown, models.WhyNoPublicExpiry, "unknown", [3]int{3, 3, 0}, "", "", 0},
	{"harborlinedental.example", 1, "Harbor Names", 21, models.LifecycleExpiring, models.WhyDate, "off", [3]int{9, 7, 0}, "", "d30", 9 * 24 * time.Hour},
	{"oakmere.example", 10, "Hover Names", 30, models.LifecycleExpiring, models.WhyDate, "unknown", [3]int{2, 2, 0}, "will_renew", "d30", 30 * 24 * time.Hour},
	{"northgatetires.example", 8, "Wick Names", 38, models.LifecycleExpiring, models.WhyDate, "on", [3]int{4, 4, 0}, "", "", 0},
	{"alderfinch.example", 6, "Cloud Names", 58, models.LifecycleExpiring, models.WhyDate, "on", [3]int{3, 3, 0}, "", "", 0},
}

var sampleClients = []string{
	"Harborline Dental", "Brightwater Pools & Spa", "Wren & Willow Florists", "Summit Ridge Roofing", "Casa Verbena",
	"Alder & Finch Law", "Tidepool Yoga", "Northgate Auto Care", "Kessler Fenster GmbH", "Oakmere Property Management",
}

// fillSample puts an invented portfolio into the fake: every state, a storm brake, findings, notices, a client's page.
func fillSample(f *fakeStore) {
	for i, name := range sampleClients {
		id := int64(i + 1)
		f.clients[id] = models.Client{ID: id, Name: name, Services: []string{"seo", "google_ads"}, CreatedAt: noon.AddDate(-2, 0, -i)}
		f.contacts[id] = []models.Contact{
			{ID: id, ClientID: id, Name: "Maya Okafor", Email: "maya@client.example", Phone: "(650) 555-0162", Role: models.RoleOwner},
			{ID: id + 100, ClientID: id, Name: "Luis Ferreira", Email: "luis@client.example", Role: models.RoleBilling, EmailState: models.EmailBad, EmailReason: "550 5.1.1 no such user"},
		}
	}
	for i, sd := range sampleDomains {
		f.domains = append(f.domains, sampleRow(int64(i+1), sd))
	}
	for i := range 14 { // enough for a second page
		f.domains = append(f.domains, sampleRow(int64(100+i), sampleDomain{
			name: fmt.Sprintf("fine-name-%02d.example", i), client: int64(i%10 + 1), registrar: "Hover Names",
			days: 70 + 31*i, lifecycle: models.LifecycleRegistered, why: models.WhyDate, renew: "on", records: [3]int{2, 2, 0},
		}))
	}
	for _, name := range []string{"registration", "dns", "judge", "plan", "deliver"} {
		f.sweeps = append(f.sweeps, models.Sweep{Name: name, StartedAt: new(noon.Add(-7 * time.Minute)), FinishedAt: new(noon.Add(-6 * time.Minute)), Items: 12})
	}
	f.sweeps[1].Error = "ns2.pagehost.example: timeout"
	f.brake = &models.Brake{ID: 1, PulledAt: noon.Add(-time.Hour), Reason: "9 of 29 domains turned bad in one run."}
	f.grants = []models.GrantView{{ClientName: "Harborline Dental", Grant: models.Grant{
		ID: 1, ClientID: 1, Platform: "Google Ads", Asset: "123-456-7890", Role: "Manager",
		Method: models.MethodManagerAccount, Holder: "Priya Raman", State: models.GrantVerified, GrantedAt: new(noon.AddDate(-1, 0, 0)), ReviewDue: new(time.Date(2027, 5, 4, 0, 0, 0, 0, time.UTC)),
	}}}
	for _, r := range f.domains {
		if r.LastNotice != nil && r.Answer == nil {
			f.today.Unanswered = append(f.today.Unanswered, r)
		}
	}
	f.today.Findings = []models.FindingView{
		{DomainName: "tidepool.example", ClientID: 7, ClientName: "Tidepool Yoga", Children: 6, Finding: models.Finding{Code: "on_hold_client", Subject: "tidepool.example", Severity: models.SeverityCritical, Title: "Registrar put the name on hold", OpenedAt: noon.Add(-50 * time.Hour)}},
		{DomainName: "harborlinedental.example", ClientID: 1, ClientName: "Harborline Dental", Finding: models.Finding{Code: "record_dangling", Subject: "promo.harborlinedental.example CNAME", Severity: models.SeverityMajor, Title: "A record points to a name that does not exist", OpenedAt: noon.Add(-30 * time.Hour)}},
	}
	f.today.OpenCount, f.today.Queued, f.today.Held, f.today.Blocked, f.today.Records, f.today.Broken, f.today.Stale, f.today.OneContact = 5, 5, 2, 1, 61, 4, 3, 2
	f.today.Lags = []models.ServerLag{
		{Server: "https://rdap.registry.example", Due: 312, NearDue: 4, Oldest: new(noon.Add(-80 * time.Hour)), Memory: models.RegistryServer{BlockedUntil: new(noon.Add(2 * time.Hour)), LastOutcome: models.OutcomeThrottled}},
		{Server: "whois.registry.example:43", Due: 1, Oldest: new(noon.AddDate(0, 0, -9))},
	}
	f.today.AutoRenew = map[models.AutoRenew]int{"on": 18, "off": 6, "unknown": 5}
	sampleNotices(f)
	sampleHarborline(f)
	f.portals[1] = samplePortal(f, 1)
	f.portals[2] = samplePortal(f, 2)
}

func sampleRow(id int64, sd sampleDomain) models.BoardRow {
	d := models.Domain{
		ID: id, ClientID: sd.client, Name: sd.name, Suffix: "example", AutoRenew: sd.renew, Lifecycle: sd.lifecycle, LifecycleWhy: sd.why, Registrar: sd.registrar,
		CheckedAt: new(noon.Add(-time.Duration(id) * 7 * time.Minute)), LookOutcome: models.OutcomeOK, LookSource: models.LookRDAP,
		RecordsTotal: sd.records[0], RecordsRight: sd.records[1], RecordsUnknown: sd.records[2], DNSCheckedAt: new(noon.Add(-time.Minute)),
	}
	d.SeenAt = d.CheckedAt
	if sd.days != noDate {
		d.ExpiresAt, d.ExpirySource, d.ExpiryAsOf = new(noon.AddDate(0, 0, sd.days)), models.ExpiryRegistry, d.SeenAt
		d.LastSafeDay, d.RecoverUntil = new(d.ExpiresAt.AddDate(0, 0, 45)), new(d.ExpiresAt.AddDate(0, 0, 75))
	}
	if sd.why == models.WhyLookFailing {
		d.LookOutcome, d.LookFailures, d.SeenAt = models.OutcomeTimeout, 22, new(noon.AddDate(0, 0, -4))
	}
	row := models.BoardRow{Domain: d, ClientName: sampleClients[sd.client-1]}
	if sd.notice != "" {
		row.LastNotice = &models.Notice{ID: id, DomainID: id, ClientID: sd.client, Stage: sd.notice, State: models.NoticeSent, SentAt: new(noon.Add(-sd.sentAgo))}
	}
	if sd.answer != "" {
		row.Answer = &models.Answer{DomainID: id, Kind: sd.answer, At: noon.AddDate(0, 0, -2), By: "Maya Okafor", RenewOn: new(time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC))}
	}
	return row
}

func sampleNotices(f *fakeStore) {
	for i, st := range []models.NoticeState{models.NoticeHeld, models.NoticeHeld, models.NoticeQueued, models.NoticeQueued, models.NoticeMailed} {
		row := f.domains[4+i]
		n := models.Notice{
			ID: int64(50 + i), DomainID: row.Domain.ID, ClientID: row.Domain.ClientID, Stage: models.StageD7, Recipient: "maya@client.example", Channel: models.ChannelEmail,
			State: st, DueAt: noon.Add(46 * time.Hour), Reason: "tightest_stage_due", ExpiresAt: noon.AddDate(0, 0, 7),
		}
		nv := models.NoticeView{Notice: n, DomainName: row.Domain.Name, ClientName: row.ClientName}
		if st == models.NoticeMailed {
			nv.Mail = &models.Mail{State: models.MailWaiting, Attempts: 1, NextAttemptAt: noon.Add(20 * time.Minute)}
			nv.Attempts = []models.Attempt{{At: noon.Add(-10 * time.Minute), Outcome: models.DeliveryTemporary, Code: 451, Enhanced: "4.7.1", Reply: "Greylisted, try again"}}
		}
		f.notices = append(f.notices, nv)
	}
}

// sampleHarborline is the full page of one domain.
func sampleHarborline(f *fakeStore) {
	const name = "harborlinedental.example"
	var dom models.Domain
	for _, r := range f.domains {
		if r.Domain.Name == name {
			dom = r.Domain
		}
	}
	dom.AutoRenewBy, dom.AutoRenewAt = "Luis Ferreira", new(noon.AddDate(0, -6, 0))
	seen := func(a, b string) models.Seen {
		return models.Seen{"ns1.dnshost.example 192.0.2.1": {a}, "ns2.dnshost.example 192.0.2.2": {b}}
	}
	rec := func(id int64, host, typ, want string, state models.RecordState, s models.Seen, purpose, detail string) models.ExpectedRecord {
		return models.ExpectedRecord{
			ID: id, Host: host, Type: typ, Match: models.MatchExact, Values: []string{want}, State: state, Seen: s, Purpose: purpose, Detail: detail, Essential: true,
			StateAt: new(noon.Add(-40 * time.Hour)),
		}
	}
	f.obs[1] = models.Observation{
		ID: 1, Kind: models.LookRDAP, Outcome: models.OutcomeOK, Server: "https://rdap.registry.example/", At: noon.Add(-3 * time.Hour), TookMicros: 184_000,
		Detail: "Answered", Evidence: []byte("{\n  \"ldhName\": \"harborlinedental.example\",\n  \"events\": [{\"eventAction\": \"expiration\"}],\n  \"remark\": \"\x00\u202e<script>alert(1)</script>\"\n}\n"), EvidenceHash: "9f3c71e21a", ContentType: "application/rdap+json", Worker: "worker-1",
	}
	open := func(id int64, code, subject, title string, sev models.Severity, cause string) models.Finding {
		return models.Finding{
			ID: id, Code: code, Subject: subject, Title: title, Severity: sev, State: models.FindingOpen, CauseCode: cause, OpenedAt: noon.Add(-40 * time.Hour), FirstSeen: noon.Add(-40 * time.Hour),
			Detail: "What was seen, in one sentence.", NextStep: "Send the owner the record as it should be", ObservationID: new(int64(1)),
		}
	}
	f.views[name] = models.DomainView{
		Watched: models.Watched{
			Domain: dom, Client: f.clients[1], Contacts: f.contacts[1],
			Registration: &models.Registration{
				Registrar: "Harbor Names, LLC", RegistrarID: "146", RegistryExpiry: dom.ExpiresAt, RegistryExpiryAt: dom.SeenAt, RegistrySource: models.LookRDAP,
				Statuses: []string{"clientTransferProhibited"}, Nameservers: []string{"ns1.dnshost.example", "ns2.dnshost.example"}, DNSSEC: models.DNSSECUnsigned,
				CreatedOn: new(noon.AddDate(-15, 0, 0)), FactsAt: dom.SeenAt, FactsSource: models.LookRDAP,
				RegistrarExpiry: new(dom.ExpiresAt.AddDate(0, 0, 40)), RegistrarExpiryAt: new(noon.Add(-26 * time.Hour)),
				Sources: map[string]models.FactSource{
					models.FactRegistrarExpiry: {Source: models.LookRegistrarRDAP, At: noon.Add(-26 * time.Hour)},
					models.FactNameservers:     {Source: models.LookWHOIS, At: noon.Add(-5 * time.Hour)},
				},
			},
			Statements: sampleStatements(dom.ExpiresAt),
			Delegation: &models.Delegation{
				Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example", "ns2.dnshost.example"}, ChildNS: []string{"ns1.dnshost.example", "ns2.dnshost.example"}, Signed: models.DNSSECUnsigned,
				LookedAt: noon.Add(-time.Minute), AnswerAt: new(noon.Add(-time.Minute)), Servers: []models.ServerLook{{Name: "ns1.dnshost.example", Address: "192.0.2.1", Outcome: "ok", Serial: new(uint32(2026112001))}, {Name: "ns2.dnshost.example", Address: "192.0.2.2", Outcome: "lame", Detail: "answers without authority"}},
			},
			Records: []models.ExpectedRecord{
				rec(1, name, "A", "203.0.113.24", models.RecordOK, seen("203.0.113.24", "203.0.113.24"), "The website", ""),
				rec(2, "krest1._domainkey."+name, "TXT", "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", models.RecordWrong, seen("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC"), "Mail from the website’s forms", "ns2 still serves the old key."),
				rec(3, "promo."+name, "CNAME", "lp.pagehost.example", models.RecordMissing, seen("<NODATA>", "<timeout>"), "Landing pages for the ads", "The name is there, the record is not."),
			},
			Findings: []models.Finding{
				open(1, "auto_renew_off", name, "Auto-renew is off", models.SeverityMinor, ""),
				open(2, "dns_ns_lame", "ns2.dnshost.example", "A name server does not serve the zone", models.SeverityMajor, ""),
				open(3, "record_wrong", "krest1._domainkey TXT", "A record has another value", models.SeverityMinor, "dns_ns_lame"),
			},
		},
		Observations: []models.Observation{f.obs[1], {ID: 2, Kind: models.LookDNS, Outcome: models.OutcomeTimeout, Server: "ns2.dnshost.example", At: noon.Add(-time.Minute), TookMicros: 5_000_000, Detail: "No answer inside the deadline"}},
		Changes: []models.Change{
			{ID: 3, At: noon.Add(-30 * time.Hour), Field: models.FactNameservers, Before: "ns1.dnshost.example, ns9.dnshost.example", After: "ns1.dnshost.example, ns2.dnshost.example", Source: models.LookRDAP, ObservationID: new(int64(1))},
			{ID: 2, At: noon.AddDate(0, -3, 0), Field: models.FactTransferLock, Before: "off", After: "on", Source: models.LookRDAP, ObservationID: new(int64(1))},
			{ID: 1, At: noon.AddDate(-1, 0, 0), Field: models.FactRegistryExpiry, Before: "2025-12-12T00:00:00Z", After: "2026-12-12T00:00:00Z"},
		},
		Notices: []models.NoticeView{{
			Notice:   models.Notice{ID: 70, Stage: models.StageD30, State: models.NoticeSent, Recipient: "maya@client.example", SentAt: new(noon.AddDate(0, 0, -9)), DueAt: noon.AddDate(0, 0, -9), ExpiresAt: *dom.ExpiresAt, Channel: models.ChannelEmail},
			Attempts: []models.Attempt{{At: noon.AddDate(0, 0, -9), Code: 250, Enhanced: "2.0.0", Reply: "OK"}},
		}},
		Answers: []models.Answer{{Kind: models.AnswerWillRenew, At: noon.AddDate(0, 0, -39), By: "Maya Okafor", RenewOn: new(time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC))}},
		Grants:  []models.Grant{{ID: 9, Platform: "Registrar", Asset: name, Role: "Delegate", Method: models.MethodRegistrarDelegate, Holder: "Dana Whitfield", State: models.GrantReviewDue}},
	}
}

// sampleStatements are three sources: two that differ on the date, and one that stopped to answer.
func sampleStatements(expires *time.Time) []models.Statement {
	servers := []string{"ns1.dnshost.example", "ns2.dnshost.example"}
	facts := models.Facts{
		ExpiresAt: expires, CreatedAt: new(noon.AddDate(-15, 0, 0)), Registrar: "Harbor Names, LLC", Statuses: []string{"clientTransferProhibited"},
		Nameservers: servers, DNSSEC: models.DNSSECUnsigned,
	}
	registrar := models.Facts{RegistrarExpiresAt: new(expires.AddDate(0, 0, 40)), Registrar: "Harbor Names, LLC", Nameservers: servers}
	whois := facts
	whois.Statuses = nil
	return []models.Statement{
		{Source: models.LookRDAP, Server: "https://rdap.registry.example/", Outcome: models.OutcomeOK, Facts: &facts, At: new(noon.Add(-3 * time.Hour)), ObservationID: new(int64(1)), AskedAt: noon.Add(-3 * time.Hour), AskedOutcome: models.OutcomeOK},
		{Source: models.LookRegistrarRDAP, Server: "https://rdap.harbor.example/", Outcome: models.OutcomeOK, Facts: &registrar, At: new(noon.Add(-26 * time.Hour)), AskedAt: noon.Add(-3 * time.Hour), AskedOutcome: models.OutcomeTimeout},
		{Source: models.LookWHOIS, Server: "whois.registry.example:43", Outcome: models.OutcomeOK, Facts: &whois, At: new(noon.Add(-5 * time.Hour)), AskedAt: noon.Add(-5 * time.Hour), AskedOutcome: models.OutcomeOK},
	}
}

// samplePortal is what a client sees of its own domains.
func samplePortal(f *fakeStore, client int64) models.PortalView {
	v := models.PortalView{Link: models.Link{ID: client, ContactID: client, ExpiresAt: noon.AddDate(0, 0, 30)}, Contact: f.contacts[client][0], Client: f.clients[client]}
	for _, r := range f.domains {
		if r.Domain.ClientID != client {
			continue
		}
		pd := models.PortalDomain{Domain: r.Domain, Answer: r.Answer, Records: []models.ExpectedRecord{{Purpose: "The website", Service: "Website Development"}, {Purpose: "Mail from the website’s forms"}}}
		if r.Domain.ExpiresAt != nil {
			pd.Cycle = &models.Cycle{ID: r.Domain.ID, DomainID: r.Domain.ID, ExpiresAt: *r.Domain.ExpiresAt}
		}
		v.Domains = append(v.Domains, pd)
	}
	for _, g := range f.grants {
		if g.Grant.ClientID == client {
			v.Grants = append(v.Grants, g.Grant)
		}
	}
	return v
}
