package rdap

import (
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// maxNesting is how deep below the domain a registrar is looked for.
const maxNesting = 3

// readRegistrar takes the entities whose role is registrar: the name from the card, the IANA id from publicIds. Registrars stand at the top;
// only where none does are the entities inside others looked at.
func readRegistrar(f *models.Facts, o object) {
	level := o.objects("entities")
	for range maxNesting {
		var inner []object
		for _, e := range level {
			if hasRole(e, "registrar") {
				readEntity(f, e)
			} else {
				inner = append(inner, e.objects("entities")...)
			}
		}
		if f.Registrar != "" || f.RegistrarID != "" {
			return
		}
		level = inner[:min(len(inner), maxList)]
	}
}

func hasRole(e object, role string) bool {
	for _, r := range e.words("roles") {
		if strings.EqualFold(strings.TrimSpace(r), role) {
			return true
		}
	}
	return false
}

// readEntity takes a registrar's name and id; the first one that states them counts.
func readEntity(f *models.Facts, e object) {
	if f.Registrar == "" {
		f.Registrar = entityName(e)
	}
	for _, id := range e.objects("publicIds") {
		if number := clean(id.str("identifier"), 20); f.RegistrarID == "" && ianaType(id.str("type")) && isDigits(number) {
			f.RegistrarID = number
		}
	}
}

// ianaType accepts "IANA Registrar ID" and what servers write in its place.
func ianaType(s string) bool {
	s = folded(s)
	return strings.Contains(s, "iana") || s == "registrarid"
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// entityName reads the jCard (RFC 7095), else the card of JSContact (RFC 9553), else the handle. The formatted name is preferred to the
// organisation, except on the card of a person.
func entityName(e object) string {
	var formatted, organisation, kind string
	for _, outer := range e.list("vcardArray") {
		if outer.kind != listed {
			continue
		}
		for _, p := range outer.in {
			if p.kind != listed || len(p.in) < 4 {
				continue
			}
			value := clean(firstText(p.in[3].value), 120)
			switch key := p.in[0].string(); {
			case strings.EqualFold(key, "fn") && formatted == "":
				formatted = value
			case strings.EqualFold(key, "org") && organisation == "":
				organisation = value
			case strings.EqualFold(key, "kind"):
				kind = value
			}
		}
	}
	if formatted == "" && organisation == "" {
		formatted, organisation = contactNames(e)
	}
	if organisation != "" && (formatted == "" || strings.EqualFold(kind, "individual")) {
		return organisation
	}
	if formatted != "" {
		return formatted
	}
	return clean(e.str("handle"), 120)
}

// contactNames reads the full name and the first organisation of a JSContact card.
func contactNames(e object) (formatted, organisation string) {
	for _, key := range []string{"jscontact_card", "jscard"} {
		for _, card := range e.objects(key) {
			for _, name := range card.objects("name") {
				formatted = clean(name.str("full"), 120)
			}
			for _, organisations := range card.objects("organizations") {
				for _, m := range organisations {
					if organisation == "" {
						organisation = clean(m.object().str("name"), 120)
					}
				}
			}
		}
	}
	return formatted, organisation
}

// firstText returns a text, or the first one of a structured value (RFC 7095 section 3.3.1.3).
func firstText(v value) string {
	for _, one := range v.list() {
		if s := strings.TrimSpace(one.string()); s != "" {
			return s
		}
	}
	return ""
}
