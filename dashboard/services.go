package dashboard

import "github.com/krestmarketing/deedwatch/catalog/services"

// serviceWords puts the catalogue's words in place of the codes of services. What the catalogue does not know stays as it is.
type serviceWords struct{ catalogue *services.Catalogue }

// name is what people call a service.
func (w serviceWords) name(code string) string {
	if s, ok := w.catalogue.ByCode(code); ok {
		return visible(s.Title())
	}
	return visible(code)
}

// names names a list of services, in its order.
func (w serviceWords) names(codes []string) []string {
	out := make([]string, 0, len(codes))
	for _, c := range codes {
		out = append(out, w.name(c))
	}
	return out
}

// breaks is what stops when the records of a service go, one sentence; empty: the catalogue does not say.
func (w serviceWords) breaks(code string) string {
	s, ok := w.catalogue.ByCode(code)
	if !ok {
		return ""
	}
	return sentence(visible(s.Notes.Breaks))
}
