package dashboard

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// grantItem is a grant with what the register's pages order and count it by.
type grantItem struct {
	models.GrantView
	State    models.GrantState // as shown: a review date that has come counts before a sweep has marked it
	Platform string            // key: the catalogue's code, or the name in lower case
	Holder   string            // key: in lower case, so that one person is one person
}

// register is every grant, what needs a person first.
type register []grantItem

// attention is the order of states: what needs a person first, what has ended last.
var attention = []models.GrantState{
	models.GrantAtRisk, models.GrantReviewDue, models.GrantToRevoke, models.GrantRequested, models.GrantGranted,
	models.GrantVerified, models.GrantDeclined, models.GrantRevoked,
}

// newRegister orders the rows of the store. Grants of one rank stay in the store's order: client, platform, asset.
func newRegister(views []models.GrantView, d dates) register {
	reg := make(register, 0, len(views))
	for _, v := range views {
		reg = append(reg, grantItem{GrantView: v, State: shownState(&v.Grant, d.now), Platform: platformKey(v.Grant.Platform), Holder: strings.ToLower(v.Grant.Holder)})
	}
	slices.SortStableFunc(reg, func(a, b grantItem) int {
		return cmp.Or(cmp.Compare(rankOf(a.State), rankOf(b.State)), compareDays(a.Grant.ReviewDue, b.Grant.ReviewDue))
	})
	return reg
}

// rankOf is a state's place in the order of attention; a state nobody knows comes first.
func rankOf(s models.GrantState) int { return slices.Index(attention, s) }

// compareDays puts the earlier day first and no day last.
func compareDays(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}

// shownState is where a grant stands: as stored, except that one whose review date has come is due.
func shownState(g *models.Grant, now time.Time) models.GrantState {
	if (g.State == models.GrantGranted || g.State == models.GrantVerified) && g.ReviewDue != nil && !g.ReviewDue.After(now) {
		return models.GrantReviewDue
	}
	return g.State
}

// current reports whether access exists, or may.
func (i *grantItem) current() bool { return !i.ended() && i.State != models.GrantRequested }

// ended reports whether nothing is left to do about it.
func (i *grantItem) ended() bool {
	return i.State == models.GrantRevoked || i.State == models.GrantDeclined
}

// where gives the items that pass.
func (reg register) where(pass func(*grantItem) bool) register {
	var out register
	for i := range reg {
		if pass(&reg[i]) {
			out = append(out, reg[i])
		}
	}
	return out
}

// alsoHeld names who else holds access to the same account or property, in the order of their names.
func (reg register) alsoHeld(of *grantItem) []string {
	var others []string
	for i := range reg {
		o := &reg[i]
		if o.Holder != of.Holder && o.current() && o.Grant.ClientID == of.Grant.ClientID && o.Platform == of.Platform && strings.EqualFold(o.Grant.Asset, of.Grant.Asset) {
			others = append(others, visible(o.Grant.Holder))
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// platformKey is what grants of one platform have in common.
func platformKey(stored string) string {
	if p, ok := catalog.FindPlatform(stored); ok {
		return p.Code
	}
	return strings.ToLower(stored)
}

// platformWords names the platform a grant stores as a code or in words.
func platformWords(stored string) string {
	if p, ok := catalog.FindPlatform(stored); ok {
		return p.Name
	}
	return visible(stored)
}

// holderWords says what kind of holder somebody is.
func holderWords(k models.HolderKind) string {
	switch k {
	case models.HolderPerson:
		return "Person"
	case models.HolderTeam:
		return "Team"
	case models.HolderAgency:
		return "The agency’s identity"
	}
	return "Not recorded"
}

// seenWords says what happened last to a grant.
func seenWords(i *grantItem, d dates) string {
	g := &i.Grant
	switch i.State {
	case models.GrantRequested:
		since := g.RecordedAt
		if g.AskedAt != nil {
			since = *g.AskedAt
		}
		return "waiting since " + d.day(since)
	case models.GrantGranted:
		return dayOr(d, "granted ", g.GrantedAt, "granted") + ", not tested"
	case models.GrantVerified, models.GrantReviewDue:
		return dayOr(d, "verified ", g.VerifiedAt, "never verified")
	case models.GrantRevoked:
		return dayOr(d, "removed ", g.RevokedAt, "removed")
	case models.GrantAtRisk, models.GrantToRevoke, models.GrantDeclined:
	}
	return "since " + d.day(g.StateAt)
}

func dayOr(d dates, before string, t *time.Time, otherwise string) string {
	if t == nil {
		return otherwise
	}
	return before + d.day(*t)
}
