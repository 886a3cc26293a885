package configs

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// Secret is a value that must not be shown. It prints as <secret> in every form of output; Reveal gives the value.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal gives the value, for the one place that needs it.
func (s Secret) Reveal() string { return s.value }

// Empty reports whether no value was given.
func (s Secret) Empty() bool { return s.value == "" }

const hidden = "<secret>"

// String hides the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return hidden
}

// GoString hides the value under %#v.
func (s Secret) GoString() string { return s.String() }

// Format hides the value under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue hides the value in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value in JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value as it stands, or "file:PATH" for the content of a file without its final line break.
func (s *Secret) UnmarshalText(text []byte) error {
	value := string(text)
	if path, ok := strings.CutPrefix(value, "file:"); ok {
		content, err := os.ReadFile(path) //nolint:gosec // the operator names the file in the configuration
		if err != nil {
			return fmt.Errorf("read the secret's file: %w", err)
		}
		value = strings.TrimRight(string(content), "\r\n")
	}
	s.value = value
	return nil
}
