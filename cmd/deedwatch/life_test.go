package main

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The two years, and the three outages in them.
const (
	lifeBegins = "2027-01-04" // a Monday
	lifeEnds   = "2029-01-08"

	registryDownFrom, registryDownUntil = "2027-09-13", "2027-09-16" // three days without an answer of any registry
	workerDownFrom, workerDownUntil     = "2027-11-01", "2027-11-09" // eight days without a step
	smtpDownFrom, smtpDownUntil         = "2028-02-02", "2028-02-03" // one day without a mail server
)

// lifeHolidays are closed days of the agency beside the weekends.
var lifeHolidays = []string{"2027-11-25", "2027-11-26", "2028-01-17", "2028-11-23", "2028-11-24"}

// lifeMail is one row of a domain's table: what has arrived by the end of that day beside all rows above it, and nothing else.
type lifeMail struct {
	day   string // on which it arrives
	stage models.Stage
	to    lifeTo
	about string // the expiry date that it names; the new one in thanks; where there is none, until when it should be acted on
	why   string
}

// lifeStory is the life of one domain: what happens to it, and by hand what its people hear.
type lifeStory struct {
	name, why string
	client    string // default: the domain's own
	deputy    bool   // the client has a second contact
	expires   string // the date at the beginning; of a registry without public dates it is what the client stated
	joins     string // the day on which it comes under watch; default: the first
	mails     []lifeMail
	closed    []string // cycles that end: "reason expiry"
	open      string   // expiry of the cycle that is open at the end; empty: none
	findings  []string // "code state" that must be there at the end; no others may be open but those on dates
}

// lifeTo is who a mail goes to.
type lifeTo []string

var (
	toOwner  = lifeTo{"owner"}
	toDeputy = lifeTo{"deputy"}
	toBoth   = lifeTo{"owner", "deputy"}
)

// lifeStories are the domains of the two years.
var lifeStories = []lifeStory{
	{
		name: "bakery.lab", why: "the owner renews in time, twice", expires: "2027-03-15", open: "2029-03-15",
		mails: []lifeMail{
			{"2027-02-12", models.StageD30, toOwner, "2027-03-15", "30 days before is a Saturday: the Friday before"},
			{"2027-03-01", models.StageD14, toOwner, "2027-03-15", "14 days before; renewed on 5 March"},
			{"2027-03-08", models.StageRenewed, toOwner, "2028-03-15", "thanks, on the Monday after"},
			{"2027-04-07", models.StageRecords, toOwner, "2027-04-14", "its record went on the 5th; confirmed on the 6th"},
			{"2028-02-14", models.StageD30, toOwner, "2028-03-15", "30 days before; renewed on 20 February"},
			{"2028-02-21", models.StageRenewed, toOwner, "2029-03-15", "thanks, on the Monday after"},
		},
		closed:   []string{"renewed 2027-03-15", "renewed 2028-03-15"},
		findings: []string{"expiring resolved", "record_name_gone resolved"},
	},
	{
		name: "florist.lab", why: "nobody ever answers: through grace and redemption until anybody can take it", deputy: true, expires: "2027-05-20",
		mails: []lifeMail{
			{"2027-04-20", models.StageD30, toOwner, "2027-05-20", "30 days before"},
			{"2027-04-27", models.StageD30, toDeputy, "2027-05-20", "a week without an answer: the deputy from here on"},
			{"2027-05-06", models.StageD14, toBoth, "2027-05-20", "14 days before"},
			{"2027-05-13", models.StageD7, toBoth, "2027-05-20", "7 days before"},
			{"2027-05-17", models.StageD3, toBoth, "2027-05-20", "3 days before"},
			{"2027-05-19", models.StageD1, toBoth, "2027-05-20", "the day before"},
			{"2027-05-20", models.StageD0, toBoth, "2027-05-20", "the day itself, it expired that morning"},
			{"2027-05-21", models.StageP1, toBoth, "2027-05-20", "the day after"},
			{"2027-05-24", models.StageP4, toBoth, "2027-05-20", "4 days after"},
			{"2027-07-04", models.StageRedemption, toBoth, "2027-05-20", "45 days of grace are over; a Sunday, but late stages go out on any day"},
			{"2027-07-29", models.StagePendingDelete, toBoth, "2027-05-20", "5 days before redemption ends on 3 August"},
		},
		closed:   []string{"released 2027-05-20"},
		findings: []string{"expired resolved", "redemption resolved", "pending_delete resolved", "released open", "dns_no_delegation open under released"},
	},
	{
		name: "garage.lab", why: "answers with a day, lets it pass, then renews; the year after says renewed before the registry shows it", expires: "2027-06-25", open: "2029-06-25",
		mails: []lifeMail{
			{"2027-05-26", models.StageD30, toOwner, "2027-06-25", "30 days before; on the 27th the owner promises to renew on 14 June"},
			{"2027-06-15", models.StageD14, toOwner, "2027-06-25", "rested on 11 June; the promised day passed without a renewal"},
			{"2027-06-18", models.StageD7, toOwner, "2027-06-25", "7 days before; renewed on the 20th"},
			{"2027-06-21", models.StageRenewed, toOwner, "2028-06-25", "thanks, on the Monday after"},
			{"2028-05-26", models.StageD30, toOwner, "2028-06-25", "30 days before; said to be renewed on the 30th, which the registry shows on 1 June"},
			{"2028-06-02", models.StageRenewed, toOwner, "2029-06-25", "thanks"},
		},
		closed:   []string{"renewed 2027-06-25", "renewed 2028-06-25"},
		findings: []string{"expiring resolved"},
	},
	{
		name: "clinic.lab", why: "auto-renew is on, says the owner: it is in one year, and fails in the next", deputy: true, expires: "2027-07-30", open: "2029-07-30",
		mails: []lifeMail{
			{"2027-06-30", models.StageD30, toOwner, "2027-07-30", "30 days before"},
			{"2027-07-07", models.StageD30, toDeputy, "2027-07-30", "a week without an answer"},
			{"2027-07-16", models.StageD14, toBoth, "2027-07-30", "14 days before; on the 19th: auto-renew is on; it renews on the 28th"},
			{"2027-07-29", models.StageRenewed, toBoth, "2028-07-30", "thanks, to all who were written to"},
			{"2028-06-30", models.StageD30, toOwner, "2028-07-30", "30 days before; on 3 July: auto-renew is on"},
			{"2028-07-29", models.StageD1, toBoth, "2028-07-30", "the day before it has not renewed; a Saturday. The owner pays that afternoon"},
			{"2028-07-31", models.StageRenewed, toBoth, "2029-07-30", "thanks, on the Monday after"},
		},
		closed: []string{"renewed 2027-07-30", "renewed 2028-07-30"},
	},
	{
		name: "summit.lab", why: "the registry renews by itself, unpaid, a day after expiry: the date before counts until the registrar shows the new one", deputy: true, expires: "2027-08-11", open: "2029-08-11",
		mails: []lifeMail{
			{"2027-07-12", models.StageD30, toOwner, "2027-08-11", "30 days before"},
			{"2027-07-19", models.StageD30, toDeputy, "2027-08-11", "a week without an answer"},
			{"2027-07-28", models.StageD14, toBoth, "2027-08-11", "14 days before"},
			{"2027-08-04", models.StageD7, toBoth, "2027-08-11", "7 days before"},
			{"2027-08-08", models.StageD3, toBoth, "2027-08-11", "3 days before, a Sunday"},
			{"2027-08-10", models.StageD1, toBoth, "2027-08-11", "the day before"},
			{"2027-08-11", models.StageD0, toBoth, "2027-08-11", "the day itself"},
			{"2027-08-12", models.StageP1, toBoth, "2027-08-11", "the registry already shows 2028, and nobody paid"},
			{"2027-08-15", models.StageP4, toBoth, "2027-08-11", "still not confirmed; a Sunday. Paid on the 20th"},
			{"2027-08-23", models.StageRenewed, toBoth, "2028-08-11", "thanks, on the Monday after"},
			{"2028-07-12", models.StageD30, toOwner, "2028-08-11", "30 days before"},
			{"2028-07-19", models.StageD30, toDeputy, "2028-08-11", "a week without an answer"},
			{"2028-07-28", models.StageD14, toBoth, "2028-08-11", "14 days before; renewed on the 30th"},
			{"2028-07-31", models.StageRenewed, toBoth, "2029-08-11", "thanks, on the Monday after"},
		},
		closed:   []string{"renewed 2027-08-11", "renewed 2028-08-11"},
		findings: []string{"renewal_unconfirmed resolved", "expired resolved"},
	},
	{
		name: "yoga.lab", why: "expires while the registry is down: nothing is said of a date that nobody could look at", expires: "2027-09-15", open: "2029-09-15",
		mails: []lifeMail{
			{"2027-08-16", models.StageD30, toOwner, "2027-09-15", "30 days before"},
			{"2027-09-01", models.StageD14, toOwner, "2027-09-15", "14 days before"},
			{"2027-09-08", models.StageD7, toOwner, "2027-09-15", "7 days before"},
			{"2027-09-12", models.StageD3, toOwner, "2027-09-15", "3 days before, a Sunday"},
			{"2027-09-14", models.StageD1, toOwner, "2027-09-15", "the second day of the outage, on an answer of the evening before it: 38 hours old"},
			{"2027-09-16", models.StageP1, toOwner, "2027-09-15", "the registry is back: the one tightest; the day itself was never written about"},
			{"2027-09-19", models.StageP4, toOwner, "2027-09-15", "4 days after, a Sunday; renewed on the 25th, in grace"},
			{"2027-09-27", models.StageRenewed, toOwner, "2028-09-15", "thanks, on the Monday after"},
			{"2028-08-16", models.StageD30, toOwner, "2028-09-15", "30 days before; renewed on the 20th"},
			{"2028-08-21", models.StageRenewed, toOwner, "2029-09-15", "thanks, on the Monday after"},
		},
		closed:   []string{"renewed 2027-09-15", "renewed 2028-09-15"},
		findings: []string{"expired resolved", "look_failing resolved"},
	},
	{
		name: "pools.lab", why: "a stage on the first day of the registry's outage goes out on what was seen the day before", deputy: true, expires: "2027-09-27", open: "2029-09-27",
		mails: []lifeMail{
			{"2027-08-27", models.StageD30, toOwner, "2027-09-27", "30 days before is a Saturday"},
			{"2027-09-03", models.StageD30, toDeputy, "2027-09-27", "a week without an answer"},
			{"2027-09-13", models.StageD14, toBoth, "2027-09-27", "the answer is less than the 48 hours old that the policy allows"},
			{"2027-09-20", models.StageD7, toBoth, "2027-09-27", "7 days before; renewed on the 21st"},
			{"2027-09-22", models.StageRenewed, toBoth, "2028-09-27", "thanks"},
			{"2028-08-28", models.StageD30, toOwner, "2028-09-27", "30 days before"},
			{"2028-09-04", models.StageD30, toDeputy, "2028-09-27", "a week without an answer"},
			{"2028-09-13", models.StageD14, toBoth, "2028-09-27", "14 days before; renewed on the 14th"},
			{"2028-09-15", models.StageRenewed, toBoth, "2029-09-27", "thanks"},
		},
		closed: []string{"renewed 2027-09-27", "renewed 2028-09-27"},
	},
	{
		name: "dentist.lab", why: "a stage on the third day of the registry's outage waits for an answer", expires: "2027-09-29", open: "2029-09-29",
		mails: []lifeMail{
			{"2027-08-30", models.StageD30, toOwner, "2027-09-29", "30 days before"},
			{"2027-09-16", models.StageD14, toOwner, "2027-09-29", "due on the 15th, when the last answer was older than 48 hours"},
			{"2027-09-22", models.StageD7, toOwner, "2027-09-29", "7 days before; renewed on the 23rd"},
			{"2027-09-24", models.StageRenewed, toOwner, "2028-09-29", "thanks"},
			{"2028-08-30", models.StageD30, toOwner, "2028-09-29", "30 days before; renewed on 1 September"},
			{"2028-09-04", models.StageRenewed, toOwner, "2029-09-29", "thanks, on the Monday after"},
		},
		closed: []string{"renewed 2027-09-29", "renewed 2028-09-29"},
	},
	{
		name: "museum.landlab", why: "the registry publishes no date: the client's own counts, and what became of it after that day nobody knows", expires: "2027-10-20", open: "2029-10-20",
		mails: []lifeMail{
			{"2027-09-20", models.StageD30, toOwner, "2027-10-20", "30 days before"},
			{"2027-10-06", models.StageD14, toOwner, "2027-10-20", "14 days before"},
			{"2027-10-13", models.StageD7, toOwner, "2027-10-20", "7 days before"},
			{"2027-10-17", models.StageD3, toOwner, "2027-10-20", "3 days before, a Sunday"},
			{"2027-10-19", models.StageD1, toOwner, "2027-10-20", "the day before"},
			{"2027-10-20", models.StageD0, toOwner, "2027-10-20", "the day itself; then it is unknown, and stated anew on the 25th"},
			{"2027-10-21", models.StageAttest, toOwner, "2027-11-20", "the stated date has passed: the next one is asked for"},
			{"2027-10-26", models.StageRenewed, toOwner, "2028-10-20", "thanks for the new date"},
			{"2028-09-20", models.StageD30, toOwner, "2028-10-20", "30 days before"},
			{"2028-10-06", models.StageD14, toOwner, "2028-10-20", "14 days before; stated anew on the 9th"},
			{"2028-10-10", models.StageRenewed, toOwner, "2029-10-20", "thanks for the new date"},
		},
		closed: []string{"renewed 2027-10-20", "renewed 2028-10-20"},
	},
	{
		name: "vet.lab", why: "expires while the worker is down: one notice, the tightest", expires: "2027-11-07", open: "2029-11-07",
		mails: []lifeMail{
			{"2027-10-08", models.StageD30, toOwner, "2027-11-07", "30 days before"},
			{"2027-10-22", models.StageD14, toOwner, "2027-11-07", "14 days before is a Sunday"},
			{"2027-10-29", models.StageD7, toOwner, "2027-11-07", "7 days before is a Sunday"},
			{"2027-11-09", models.StageP1, toOwner, "2027-11-07", "3 days, 1 day, the day and the day after all passed: only the last is said"},
			{"2027-11-11", models.StageP4, toOwner, "2027-11-07", "4 days after; renewed on the 20th"},
			{"2027-11-22", models.StageRenewed, toOwner, "2028-11-07", "thanks, on the Monday after"},
			{"2028-10-06", models.StageD30, toOwner, "2028-11-07", "30 days before is a Sunday; renewed on the 10th"},
			{"2028-10-11", models.StageRenewed, toOwner, "2029-11-07", "thanks"},
		},
		closed:   []string{"renewed 2027-11-07", "renewed 2028-11-07"},
		findings: []string{"expired resolved"},
	},
	{
		name: "law.lab", why: "two stages fall due while the worker is down: one notice, the tighter", expires: "2027-11-15", open: "2029-11-15",
		mails: []lifeMail{
			{"2027-10-15", models.StageD30, toOwner, "2027-11-15", "30 days before is a Saturday"},
			{"2027-11-09", models.StageD7, toOwner, "2027-11-15", "14 days were due on the 1st, 7 on the 8th"},
			{"2027-11-12", models.StageD3, toOwner, "2027-11-15", "3 days before; renewed on the 13th"},
			{"2027-11-15", models.StageRenewed, toOwner, "2028-11-15", "thanks, on the Monday after"},
			{"2028-10-16", models.StageD30, toOwner, "2028-11-15", "30 days before; renewed on the 20th"},
			{"2028-10-23", models.StageRenewed, toOwner, "2029-11-15", "thanks, on the Monday after"},
		},
		closed: []string{"renewed 2027-11-15", "renewed 2028-11-15"},
	},
	{
		name: "tires.shoplab", why: "WHOIS only, with days instead of instants; renewed late, and the owner's word confirms it", expires: "2027-12-10", open: "2029-12-10",
		mails: []lifeMail{
			{"2027-11-10", models.StageD30, toOwner, "2027-12-10", "30 days before"},
			{"2027-11-24", models.StageD14, toOwner, "2027-12-10", "14 days before and the day before that are holidays"},
			{"2027-12-03", models.StageD7, toOwner, "2027-12-10", "7 days before"},
			{"2027-12-07", models.StageD3, toOwner, "2027-12-10", "3 days before"},
			{"2027-12-09", models.StageD1, toOwner, "2027-12-10", "the day before"},
			{"2027-12-10", models.StageD0, toOwner, "2027-12-10", "the day itself"},
			{"2027-12-11", models.StageP1, toOwner, "2027-12-10", "the day after, a Saturday; paid on the 12th, and said so on the 13th"},
			{"2027-12-14", models.StageRenewed, toOwner, "2028-12-10", "thanks"},
			{"2028-11-10", models.StageD30, toOwner, "2028-12-10", "30 days before"},
			{"2028-11-22", models.StageD14, toOwner, "2028-12-10", "14 days before is a Sunday after two holidays"},
			{"2028-12-01", models.StageD7, toOwner, "2028-12-10", "7 days before is a Sunday; renewed on the 2nd"},
			{"2028-12-04", models.StageRenewed, toOwner, "2029-12-10", "thanks, on the Monday after"},
		},
		closed:   []string{"renewed 2027-12-10", "renewed 2028-12-10"},
		findings: []string{"renewal_unconfirmed resolved"},
	},
	{
		name: "hotel.lab", why: "a stage for two people on the day without a mail server", deputy: true, expires: "2028-02-09", joins: "2027-11-15", open: "2029-02-09",
		mails: []lifeMail{
			{"2028-01-10", models.StageD30, toOwner, "2028-02-09", "30 days before"},
			{"2028-01-18", models.StageD30, toDeputy, "2028-02-09", "a week without an answer; the 17th is a holiday"},
			{"2028-01-26", models.StageD14, toBoth, "2028-02-09", "14 days before"},
			{"2028-02-03", models.StageD7, toBoth, "2028-02-09", "due on the 2nd, when no mail server took it"},
			{"2028-02-06", models.StageD3, toBoth, "2028-02-09", "3 days before, a Sunday; renewed on the 7th"},
			{"2028-02-08", models.StageRenewed, toBoth, "2029-02-09", "thanks"},
		},
		closed: []string{"renewed 2028-02-09"},
	},
	{
		name: "roofing.lab", why: "one of two names of one client: both in one mail", client: "Summit Roofing & Skylights", expires: "2028-02-16", joins: "2027-11-15", open: "2029-02-16",
		mails: []lifeMail{
			{"2028-01-14", models.StageD30, toOwner, "2028-02-16", "30 days before is a holiday after a weekend"},
			{"2028-02-03", models.StageD14, toOwner, "2028-02-16", "due on the 2nd, when no mail server took it; renewed on the 4th"},
			{"2028-02-07", models.StageRenewed, toOwner, "2029-02-16", "thanks, on the Monday after"},
		},
		closed: []string{"renewed 2028-02-16"},
	},
	{
		name: "skylights.lab", why: "the other of the two: it goes on alone", client: "Summit Roofing & Skylights", expires: "2028-02-16", joins: "2027-11-15", open: "2029-02-16",
		mails: []lifeMail{
			{"2028-01-14", models.StageD30, toOwner, "2028-02-16", "with roofing.lab"},
			{"2028-02-03", models.StageD14, toOwner, "2028-02-16", "with roofing.lab"},
			{"2028-02-09", models.StageD7, toOwner, "2028-02-16", "7 days before, alone; renewed on the 10th"},
			{"2028-02-11", models.StageRenewed, toOwner, "2029-02-16", "thanks"},
		},
		closed: []string{"renewed 2028-02-16"},
	},
	{
		name: "pets.lab", why: "renewed at night while its notice waits for the mail server: the look right before sending keeps it", expires: "2028-03-03", joins: "2027-11-15", open: "2029-03-03",
		closed: []string{"renewed 2028-03-03"},
	},
	{
		name: "harbor.lab", why: "renewed one hour before a notice is due", expires: "2028-04-19", joins: "2027-11-15", open: "2029-04-19",
		mails: []lifeMail{
			{"2028-03-20", models.StageD30, toOwner, "2028-04-19", "30 days before; renewed on 5 April at 8, an hour before 14 days are due"},
			{"2028-04-06", models.StageRenewed, toOwner, "2029-04-19", "thanks"},
		},
		closed: []string{"renewed 2028-04-19"},
	},
}

// lifeEvents is what people and machines do, by the agency's wall clock.
func lifeEvents() []lifeEvent {
	renew := func(at, domain string) lifeEvent {
		return lifeEvent{at, func(l *life) { l.must(l.lab.Renew(domain, 1)) }}
	}
	return []lifeEvent{
		renew("2027-03-05 15:00", "bakery.lab"), renew("2028-02-20 15:00", "bakery.lab"),
		{"2027-04-05 12:00", func(l *life) { l.must(l.lab.RemoveRecord("bakery.lab", "www", "CNAME")) }},
		{"2027-04-12 12:00", func(l *life) { l.must(l.lab.SetRecord("bakery.lab", "www", "CNAME", "sites.agency.lab.")) }},

		{"2027-05-27 11:00", func(l *life) { l.answer("garage.lab", models.AnswerWillRenew, "2027-06-14") }},
		renew("2027-06-20 15:00", "garage.lab"),
		{"2028-05-30 11:00", func(l *life) { l.answer("garage.lab", models.AnswerRenewed, "") }},
		renew("2028-06-01 15:00", "garage.lab"),

		{"2027-07-19 11:00", func(l *life) { l.answer("clinic.lab", models.AnswerAutoRenew, "") }},
		renew("2027-07-28 03:00", "clinic.lab"),
		{"2028-07-03 11:00", func(l *life) { l.answer("clinic.lab", models.AnswerAutoRenew, "") }},
		renew("2028-07-29 15:00", "clinic.lab"),

		renew("2027-08-20 15:00", "summit.lab"), renew("2028-07-30 15:00", "summit.lab"),

		{registryDownFrom + " 00:00", func(l *life) { l.registries(true) }},
		{registryDownUntil + " 00:00", func(l *life) { l.registries(false) }},
		renew("2027-09-25 15:00", "yoga.lab"), renew("2028-08-20 15:00", "yoga.lab"),
		renew("2027-09-21 15:00", "pools.lab"), renew("2028-09-14 15:00", "pools.lab"),
		renew("2027-09-23 15:00", "dentist.lab"), renew("2028-09-01 15:00", "dentist.lab"),

		{"2027-10-25 15:00", func(l *life) { l.attest("museum.landlab", "2028-10-20") }},
		{"2028-10-09 15:00", func(l *life) { l.attest("museum.landlab", "2029-10-20") }},

		renew("2027-11-20 15:00", "vet.lab"), renew("2028-10-10 15:00", "vet.lab"),
		renew("2027-11-13 15:00", "law.lab"), renew("2028-10-20 15:00", "law.lab"),

		renew("2027-12-12 15:00", "tires.shoplab"),
		{"2027-12-13 11:00", func(l *life) { l.answer("tires.shoplab", models.AnswerRenewed, "") }},
		renew("2028-12-02 15:00", "tires.shoplab"),

		{smtpDownFrom + " 00:00", func(l *life) { l.mailServer(true) }},
		{smtpDownUntil + " 00:00", func(l *life) { l.mailServer(false) }},
		{"2028-02-02 19:30", func(l *life) { l.recheck("pets.lab") }}, // so that no look is due before the mail is tried again
		renew("2028-02-02 22:00", "pets.lab"),
		renew("2028-02-07 15:00", "hotel.lab"), renew("2028-02-04 15:00", "roofing.lab"), renew("2028-02-10 15:00", "skylights.lab"),
		renew("2028-04-05 08:00", "harbor.lab"),
	}
}

// The life of a domain: seventeen of them, two years, day by day. After every step the mails that the mail server took are compared with
// the tables above: none is missing, none came early, none twice.
func TestLifeOfADomain(t *testing.T) {
	for name, database := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			l := newLife(t, database)
			for day := lifeDay(t, lifeBegins); !day.After(lifeDay(t, lifeEnds)); day = day.AddDate(0, 0, 1) {
				l.live(day)
				if t.Failed() {
					t.Fatalf("stopped on %s", day.Format(time.DateOnly))
				}
			}
			l.reckon()
			t.Logf("FIGURE life of a domain on %s: %d domains over %d days, %d steps, %d mails, %d lines in the ledger, %s",
				name, len(l.stories), l.days, l.steps, l.seen, l.ledger, time.Since(began).Round(100*time.Millisecond))
		})
	}
}
