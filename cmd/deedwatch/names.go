package main

import (
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/configs"
)

// newNames reads names as the configuration says: by a newer list of public suffixes, where one is named, and in a test network also names
// that nobody can register.
func newNames(c configs.Config) (*catalog.Names, error) {
	names, err := catalog.NewNames(catalog.NameOptions{ListFile: c.Names.PublicSuffixList, Special: c.Names.SpecialUse, AllSpecial: c.Network.AllowPrivate})
	if err != nil {
		return nil, &configs.Error{Source: "names", Msg: err.Error()}
	}
	return names, nil
}

// examineNames says which list of public suffixes names are read by, and how old it is.
func examineNames(c configs.Config) examination {
	names, err := newNames(c)
	if err != nil {
		return examination{"names", "bad", err.Error()}
	}
	list, shipped := names.List(), catalog.BuiltInList()
	detail := "public suffix list " + list.Source
	if list.Date.IsZero() {
		detail += ", of unknown date"
	} else {
		detail += ", of " + list.Date.Format(time.DateOnly)
	}
	if list.Version != "" {
		detail += " (" + list.Version + ")"
	}
	if list.ICANN > 0 {
		detail += fmt.Sprintf(", %d suffixes of registries and %d private ones", list.ICANN, list.Private)
	}
	if list.Source != shipped.Source && !list.Date.IsZero() && list.Date.Before(shipped.Date) {
		return examination{"names", "warning", detail + "; the one built in is newer: " + shipped.Date.Format(time.DateOnly)}
	}
	return examination{"names", "ok", detail}
}
