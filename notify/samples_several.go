package notify

import (
	"fmt"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// sampleRecords are broken records of each kind, at a DNS host that is recognised.
func sampleRecords(l *models.Letter) {
	i := &l.Items[0]
	l.Contact.Name, l.Contact.Role = "Ola Berg", models.RoleTechnical
	since := new(sampleExpiry.AddDate(0, 0, -121))
	i.Delegation = &models.Delegation{ParentNS: []string{"amy.ns.cloudflare.com", "bob.ns.cloudflare.com"}, ChildNS: []string{"amy.ns.cloudflare.com", "bob.ns.cloudflare.com"}}
	i.Records = []models.ExpectedRecord{
		{
			Host: "offers.pools.example", Type: "CNAME", Match: models.MatchExact, Values: []string{"pages.agency.example"}, State: models.RecordMissing, StateAt: since,
			Purpose: "The pages your ads lead to are found under it.", Essential: true,
		},
		{
			Host: "k1._domainkey.pools.example", Type: "CNAME", Match: models.MatchExact, Values: []string{"dkim.sender.example"}, State: models.RecordWrong, StateAt: since,
			Purpose: "Newsletters are signed with it.", Seen: models.Seen{"amy.ns.cloudflare.com 192.0.2.1": {"dkim.former.example"}},
		},
		{Host: "pools.example", Type: "TXT", Match: models.MatchContains, Values: []string{"site-check=7f3a9c"}, State: models.RecordOK, Purpose: "The statistics know the site by it."},
	}
}

func sampleOneRecord(l *models.Letter) {
	sampleRecords(l)
	i := &l.Items[0]
	i.Records, i.Delegation = i.Records[:1], nil
}

// sampleManyRecords are more than a letter writes out.
func sampleManyRecords(l *models.Letter) {
	sampleRecords(l)
	i := &l.Items[0]
	for n := range rooms[0].records {
		r := i.Records[0]
		r.Host = fmt.Sprintf("page-%d.pools.example", n+1)
		i.Records = append(i.Records, r)
	}
}

// sampleGrants are accesses to several platforms, one of which the catalogue does not know.
func sampleGrants(n int) func(*models.Letter) {
	return func(l *models.Letter) {
		stage, now := l.Items[0].Notice.Stage, l.Mail.CreatedAt
		all := []models.Grant{
			{Platform: "google_ads", Asset: "123-456-7890", Role: "Standard", Method: models.MethodManagerAccount, Holder: "Tidewater manager account", Purpose: "Google Ads"},
			{Platform: "wordpress", Asset: "pools.example", Role: "Editor", Method: models.MethodUserInvitation, Holder: "web@tidewater.example", Purpose: "Website Development"},
			{Platform: "Booking desk", Asset: "Bright Pools", Role: "Staff", Method: models.MethodUserInvitation, Holder: "ads@tidewater.example"},
		}
		l.Items = nil
		for i := range all[:n] {
			g := &all[i]
			g.ID, g.ClientID, g.AskedAt, g.ReviewDue = int64(i+1), 1, new(now.AddDate(0, 0, -1)), new(models.DayOf(now.AddDate(0, 3, 0), now.Location()))
			l.Items = append(l.Items, models.LetterItem{
				Notice: models.Notice{ID: int64(i + 1), GrantID: g.ID, ClientID: 1, Stage: stage, ExpiresAt: now, CreatedAt: now}, Grant: g,
			})
		}
	}
}

// sampleSeveral is one message with notices of every sort.
func sampleSeveral(l *models.Letter) {
	now := l.Mail.CreatedAt
	lapse(&l.Items[0], models.LifecycleExpired)
	add := func(name string, stage models.Stage, days int, change func(*models.LetterItem)) {
		item := sampleItem(int64(len(l.Items)+1), name, stage, sampleExpiry.AddDate(0, 0, days), now)
		if change != nil {
			change(&item)
		}
		l.Items = append(l.Items, item)
	}
	add("spa.example", models.StageD7, 6, func(i *models.LetterItem) { i.Domain.Registrar = "North Registry Services" })
	add("sauna.example", models.StageD3, 3, nil)
	add("bath.example", models.StageHold, 200, func(i *models.LetterItem) {
		i.Domain.Lifecycle, i.Domain.LifecycleSince = models.LifecycleOnHold, new(now.AddDate(0, 0, -1))
	})
	add("swim.example", models.StageD30, 30, nil)
	add("dive.example", models.StageRenewed, 5, renew)
	add("reef.example", models.StageRecords, 90, func(i *models.LetterItem) {
		o := models.Letter{Items: []models.LetterItem{*i}}
		sampleOneRecord(&o)
		*i = o.Items[0]
		i.Records[0].Host = "offers.reef.example"
	})
}

func sampleTwins(l *models.Letter) {
	now := l.Mail.CreatedAt
	second := sampleItem(2, "spa.example", models.StageD7, sampleExpiry.AddDate(0, 0, -1), now)
	second.Domain.Registrar = "North Registry Services"
	l.Items = append(l.Items, second)
	sampleRich(l)
}

func sampleNews(l *models.Letter) {
	renew(&l.Items[0])
	second := sampleItem(2, "spa.example", models.StageRetraction, sampleExpiry, l.Mail.CreatedAt)
	second.Retracted = &models.Mail{ID: 101, Subject: "spa.example", SentAt: new(sampleExpiry.AddDate(0, 0, -7))}
	l.Items = append(l.Items, second)
}

// sampleMany is the portfolio of somebody who owns many names of every sort.
func sampleMany(l *models.Letter) {
	now := l.Mail.CreatedAt
	for i := 2; i <= 40; i++ {
		stage := []models.Stage{models.StageD30, models.StageAttest, models.StageTransfer, models.StageHold, models.StageRedemption, models.StagePendingDelete, models.StageRecords, models.StageRenewed, models.StageD7, models.StageRetraction, models.StageP4, models.StageP1}[i%12]
		item := sampleItem(int64(i), fmt.Sprintf("pool-%d.example", i), stage, sampleExpiry, now)
		switch stage {
		case models.StageRedemption, models.StagePendingDelete:
			lapse(&item, models.LifecycleRedemption)
		case models.StageP4, models.StageP1:
			lapse(&item, models.LifecycleExpired)
			item.Domain.ExpiresAt, item.Domain.Unconfirmed = new(now.AddDate(0, 0, -2)), stage == models.StageP1
		case models.StageRenewed:
			renew(&item)
		case models.StageD7:
			item.Domain.ExpiresAt = new(now.AddDate(0, 0, 5))
		case models.StageRecords:
			o := models.Letter{Items: []models.LetterItem{item}}
			sampleRecords(&o)
			item = o.Items[0]
		default: // as it is
		}
		l.Items = append(l.Items, item)
	}
}

// sampleLong is more than a letter has room for: names as long as they can be.
func sampleLong(l *models.Letter) {
	long := strings.Repeat(strings.Repeat("pool-", 12)+"a.", 4) + "example"
	for i := 2; i <= 90; i++ {
		l.Items = append(l.Items, sampleItem(int64(i), fmt.Sprintf("p%d.%s", i, long), models.StageD30, sampleExpiry, l.Mail.CreatedAt))
	}
}
