package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// Platform is a place where a client can let an agency in without sharing a password.
type Platform struct {
	Code     string               // what a grant stores: lower-case words joined by underscores
	Name     string               // as its users call it
	Roles    []string             // the roles an agency is usually given, strongest first, as the platform names them
	Least    string               // the least of Roles that the agency's usual work needs
	Methods  []models.GrantMethod // how access is delegated there, the preferred way first
	Withdraw string               // how the client takes it back: one sentence, said to the client
	Menu     string               // the way to where access is given, as the menus read: "Admin → Access and security"; empty: it differs
}

// Platforms lists the known platforms by name. The list is a help for those who fill in forms: a grant may name any other platform.
func Platforms() []Platform {
	list := slices.Clone(platforms)
	slices.SortFunc(list, func(a, b Platform) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return list
}

// FindPlatform finds a platform by its code or its name, in upper or lower case.
func FindPlatform(text string) (Platform, bool) {
	text = strings.TrimSpace(text)
	for _, p := range platforms {
		if strings.EqualFold(p.Code, text) || strings.EqualFold(p.Name, text) {
			return p, true
		}
	}
	return Platform{}, false
}

// CheckPlatforms checks a list: every row by itself, and that no code or name stands for two. The error names every row that is wrong.
func CheckPlatforms(list []Platform) error {
	var errs []error
	seen := map[string]bool{}
	for i, p := range list {
		if err := p.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", i+1, err))
		}
		for _, key := range slices.Compact([]string{strings.ToLower(p.Code), strings.ToLower(p.Name)}) {
			if seen[key] {
				errs = append(errs, fmt.Errorf("row %d: %q is listed twice", i+1, key))
			}
			seen[key] = true
		}
	}
	return errors.Join(errs...)
}

// Validate checks one row; the error says what is wrong with which platform.
func (p Platform) Validate() error {
	switch {
	case p.Code == "" || strings.Trim(p.Code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "":
		return fmt.Errorf("platform %q: write the code in lower-case letters, digits and underscores", p.Code)
	case p.Name == "" || p.Name != strings.TrimSpace(p.Name):
		return fmt.Errorf("platform %q: the name is empty or has spaces around it", p.Code)
	case !slices.Contains(p.Roles, p.Least):
		return fmt.Errorf("platform %q: the least role %q is none of its roles", p.Code, p.Least)
	case len(p.Methods) == 0:
		return fmt.Errorf("platform %q: name at least one way of delegating", p.Code)
	case len(p.Withdraw) < 20 || !strings.HasSuffix(p.Withdraw, ".") || strings.Contains(p.Withdraw, ". "):
		return fmt.Errorf("platform %q: say in one sentence how the client withdraws it", p.Code)
	}
	for _, list := range [][]string{p.Roles, methodNames(p.Methods)} {
		for i, s := range list {
			if s == "" || slices.Contains(list[:i], s) {
				return fmt.Errorf("platform %q: %q is empty or listed twice", p.Code, s)
			}
		}
	}
	return nil
}

func methodNames(methods []models.GrantMethod) []string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	return names
}
