package configs

import (
	"reflect"
)

// Keys maps every environment variable to the path of the key it overrides, say DEEDWATCH_SMTP_TLS to smtp.tls.
func Keys() map[string]string {
	keys := map[string]string{}
	collect(reflect.TypeFor[Config](), EnvPrefix, "", keys)
	return keys
}

func collect(t reflect.Type, prefix, path string, keys map[string]string) {
	for f := range t.Fields() {
		name := path + f.Tag.Get("yaml")
		if p, ok := f.Tag.Lookup("envPrefix"); ok {
			collect(f.Type, prefix+p, name+".", keys)
			continue
		}
		keys[prefix+f.Tag.Get("env")] = name
	}
}
