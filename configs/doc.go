// Package configs turns a file and the environment into one validated Config.
//
// No file is needed: Default gives a working configuration for one machine. A file is read strictly, so a misspelt key is an error with
// its line; every key can be overridden by an environment variable named DEEDWATCH_ and the key's path in capitals, say
// DEEDWATCH_SMTP_PASSWORD. What the values mean to each part of the product is translated in cmd/deedwatch; nothing here is state.
package configs
