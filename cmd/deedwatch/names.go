package main

import (
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
