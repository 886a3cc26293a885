package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// EnvPrefix begins the name of every environment variable that overrides a key.
const EnvPrefix = "DEEDWATCH_"

// Error says what is wrong with a configuration and where. Commands exit with code 2 on it.
type Error struct {
	Source string // the file's path, or "environment"
	Msg    string // with line and excerpt, where there is one
}

// Error names the source first.
func (e *Error) Error() string { return e.Source + ": " + e.Msg }

// Load reads the file at path over the defaults, lets the environment override it, and validates. An empty path reads no file.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	if path != "" {
		content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			return Config{}, &Error{Source: path, Msg: "can't be read: " + reason(err)}
		}
		if err := decode(content, &c); err != nil {
			return Config{}, &Error{Source: path, Msg: err.Error()}
		}
	}
	if err := override(&c, environ); err != nil {
		return Config{}, &Error{Source: "environment", Msg: err.Error()}
	}
	if err := c.Validate(); err != nil {
		source := path
		if source == "" {
			source = "configuration"
		}
		return Config{}, &Error{Source: source, Msg: err.Error()}
	}
	return c, nil
}

func reason(err error) string {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// decode reads in two passes: the first finds unknown keys and malformed values, the second lays over the defaults what the file says.
// A key or section without a value says nothing; the YAML library would set it to zero.
func decode(content []byte, c *Config) error {
	if err := strictly(content, new(Config)); err != nil {
		return err
	}
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	for _, doc := range file.Docs {
		m, ok := doc.Body.(*ast.MappingNode)
		if !ok {
			continue
		}
		dropNulls(m)
		if len(m.Values) == 0 {
			continue
		}
		if err := yaml.NodeToValue(m, c); err != nil {
			return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
		}
	}
	return nil
}

func strictly(content []byte, into *Config) error {
	err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(into)
	if err != nil && !errors.Is(err, io.EOF) { // EOF: a file of comments only
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return nil
}

func dropNulls(m *ast.MappingNode) {
	m.Values = slices.DeleteFunc(m.Values, func(v *ast.MappingValueNode) bool {
		if sub, ok := v.Value.(*ast.MappingNode); ok {
			dropNulls(sub)
			return len(sub.Values) == 0
		}
		return v.Value == nil || v.Value.Type() == ast.NullType
	})
}

func override(c *Config, environ []string) error {
	vars := make(map[string]string, len(environ))
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(k, EnvPrefix) {
			vars[k] = v
		}
	}
	known := Keys()
	for k := range maps.Keys(vars) {
		if _, ok := known[k]; !ok && !outside[k] {
			return fmt.Errorf("%s is not a setting; `deedwatch doctor --settings` lists them", k)
		}
	}
	return env.ParseWithOptions(c, env.Options{Prefix: EnvPrefix, Environment: vars, FuncMap: map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[ServerPaces](): inYAML[ServerPaces]("{whois.example.com: {per_day: 900}}"),
		reflect.TypeFor[MailHooks]():   inYAML[MailHooks]("[{name: postmark, format: postmark, secret: file:/run/secrets/postmark}]"),
		reflect.TypeFor[Webhooks]():    inYAML[Webhooks]("[{name: board, url: https://hooks.example.com/x, secret: file:/run/secrets/board}]"),
	}})
}

// inYAML reads a variable whose value is written in YAML. The error does not repeat the value: it may hold a secret.
func inYAML[T any](like string) env.ParserFunc {
	return func(v string) (any, error) {
		var into T
		if err := yaml.UnmarshalWithOptions([]byte(v), &into, yaml.Strict()); err != nil {
			return nil, errors.New("write it like " + like)
		}
		return into, nil
	}
}

// outside are variables with our prefix that are not settings of the program.
var outside = map[string]bool{
	"DEEDWATCH_TEST_POSTGRES": true, "DEEDWATCH_CONFIG": true, "DEEDWATCH_CORPORA": true, "DEEDWATCH_SHOTS": true, "DEEDWATCH_CHROMIUM": true, "DEEDWATCH_TEST_BROWSER": true,
	"DEEDWATCH_YEAR_SEED": true, "DEEDWATCH_YEAR_SEEDS": true, "DEEDWATCH_YEAR_ENGINE": true,
}
