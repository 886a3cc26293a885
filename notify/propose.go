package notify

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

// How long the parts of a proposal may be, in characters.
const (
	longestName  = 100
	longestEmail = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
	longestPhone = 40
)

// proposed gives whom a contact names in its own place, as a proposal; nil when it names nobody.
func proposed(a *models.Answer, named *models.Named, clientID int64) (*models.Proposal, error) {
	if named == nil || *named == (models.Named{}) || a.Kind != models.AnswerWrongPerson {
		return nil, nil
	}
	p := &models.Proposal{
		ClientID: clientID, DomainID: &a.DomainID, ContactID: a.ContactID, At: a.At, State: models.ProposalOpen,
		Name: spaced(named.Name), Email: strings.ToLower(strings.TrimSpace(named.Email)), Phone: spaced(named.Phone),
	}
	switch {
	case p.Name == "" || !plainText(p.Name, longestName):
		return nil, models.Invalid("instead_name", "give the person's name, on one line")
	case p.Email != "" && !plainAddress(p.Email):
		return nil, models.Invalid("instead_email", "give an e-mail address, like ada@example.com")
	case p.Phone != "" && !phoneNumber(p.Phone):
		return nil, models.Invalid("instead_phone", "give a phone number")
	case p.Email == "" && p.Phone == "":
		return nil, models.Invalid("instead_email", "give an e-mail address or a phone number")
	}
	return p, nil
}

// sameProposal reports whether two proposals of one contact say the same.
func sameProposal(a, b *models.Proposal) bool {
	return a.ContactID == b.ContactID && a.DomainID != nil && b.DomainID != nil && *a.DomainID == *b.DomainID &&
		a.Name == b.Name && a.Email == b.Email && a.Phone == b.Phone
}

// spaced gives a text without space around it and with single spaces in it. Line ends stay: plainText refuses them.
func spaced(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\t' }), " ")
}

// plainText reports whether a text is one line of at most so many characters, none of them hidden.
func plainText(s string, longest int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	})
}

// plainAddress reports whether a text is one addr-spec with a domain of at least two labels, and nothing else.
func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || !plainText(s, longestEmail) || strings.ContainsAny(s, " \"<>(),;") {
		return false
	}
	host := s[strings.LastIndex(s, "@")+1:]
	return strings.Contains(strings.Trim(host, "."), ".") && !strings.HasPrefix(host, "[")
}

// phoneNumber reports whether a text is a phone number as people write them: 5 to 20 digits, with what commonly stands between them.
func phoneNumber(s string) bool {
	digits := 0
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" +-()./,#ext:", r):
			return false
		}
	}
	return plainText(s, longestPhone) && digits >= 5 && digits <= 20
}
