package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/krestmarketing/deedwatch/models"
)

// The bounds of a password's length. Long phrases are welcome; what is longer than MaxPassword bytes is no phrase.
const (
	MinPassword = 12 // characters
	MaxPassword = 512
)

// PasswordParams are the costs of argon2id (RFC 9106). Zero values take the defaults: 64 MiB, 3 passes, 2 lanes.
type PasswordParams struct {
	MemoryKiB  uint32
	Iterations uint32
	Lanes      uint8
}

// Passwords hashes and checks passwords with argon2id, a few at a time: each computation takes MemoryKiB. Safe for concurrent use.
type Passwords struct {
	params argon2id.Params
	slots  chan struct{}
	dummy  string // a hash of the same cost, for names that have no account
}

// NewPasswords gives a hasher that computes at most concurrency hashes at once; zero means 2.
func NewPasswords(p PasswordParams, concurrency int) *Passwords {
	if concurrency <= 0 {
		concurrency = 2
	}
	params := argon2id.Params{Memory: p.MemoryKiB, Iterations: p.Iterations, Parallelism: p.Lanes, SaltLength: 16, KeyLength: 32}
	if params.Memory == 0 {
		params.Memory = 64 << 10
	}
	if params.Iterations == 0 {
		params.Iterations = 3
	}
	if params.Parallelism == 0 {
		params.Parallelism = 2
	}
	// A well-formed hash that nothing hashes to: its key is all zero.
	dummy := fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", params.Memory, params.Iterations, params.Parallelism,
		strings.Repeat("A", 22), strings.Repeat("A", 43))
	return &Passwords{params: params, slots: make(chan struct{}, concurrency), dummy: dummy}
}

// Hash gives the argon2id hash of a password in PHC form. It waits for its turn; the error is the context's, or the random source's.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	hash, err := argon2id.CreateHash(password, &p.params)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// Verify reports whether the password belongs to the hash. An empty hash stands for "no such account": it takes as long and is never right.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (bool, error) {
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	exists := hash != ""
	if !exists {
		hash = p.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("check a password: %w", err)
	}
	return ok && exists, nil
}

func (p *Passwords) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to check a password: %w", context.Cause(ctx))
	}
}

func (p *Passwords) leave() { <-p.slots }

// AcceptPassword says whether a new password may be used by somebody with that name and e-mail address: long enough, and not among the
// first that anybody would try. There are no rules of composition. The error is a *models.InvalidError and never repeats the password.
func AcceptPassword(password, name, email string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < MinPassword:
		return models.Invalid("Password", "use at least %d characters. A sentence is easy to remember", MinPassword)
	case len(password) > MaxPassword:
		return models.Invalid("Password", "use at most %d characters", MaxPassword)
	case obvious(password, name, email):
		return models.Invalid("Password", "this is among the first that anybody would try. Use a few words that do not belong together")
	}
	return nil
}

// obviousWords are what the most common passwords are built of, without the digits and signs around them.
var obviousWords = []string{
	"password", "passwort", "passw0rd", "letmein", "welcome", "qwerty", "qwertyuiop", "qwertz", "asdfgh", "asdfghjkl", "zxcvbnm", "iloveyou",
	"administrator", "admin", "changeme", "monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman", "trustno", "abc",
	"secret", "default", "guest", "login", "test", "deedwatch", "domain", "correcthorsebatterystaple", "1q2w3e4r5t6y", "1qaz2wsx3edc",
}

// obvious reports whether nothing is left of a password once the words that everybody tries, its owner's own names, digits in a row and
// signs are taken out, or whether it repeats one short piece.
func obvious(password, name, email string) bool {
	p := strings.ToLower(password)
	if repeats(p) {
		return true
	}
	words := append([]string{}, obviousWords...)
	local, domain, _ := strings.Cut(strings.ToLower(email), "@")
	own := append(strings.Fields(strings.ToLower(name)), local)
	own = append(own, strings.FieldsFunc(local+"."+domain, func(r rune) bool { return r == '.' || r == '-' || r == '_' || r == '+' })...)
	for _, w := range own {
		if len(w) >= 3 {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // "qwertyuiop" before "qwerty"
	for _, w := range words {
		p = strings.ReplaceAll(p, w, "")
	}
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r > 0x7f {
			return r
		}
		return -1
	}, p)
	return len(letters) < 3
}

// repeats reports whether s is one piece of at most four bytes over and over.
func repeats(s string) bool {
	for n := 1; n <= 4 && n < len(s); n++ {
		if strings.HasPrefix(s, s[:n]) && strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	return false
}
