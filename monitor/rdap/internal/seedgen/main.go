// Command seedgen makes the list of RDAP servers that the program carries, monitor/rdap/seed.json, from the table servers.txt of ours. With
// a copy of IANA's registry it renews what the table has from IANA first. It asks nobody: whoever runs it brings the copy.
//
// What the list is used for, and how it gives way to a fetched one, is left to package rdap.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "seedgen:", err)
		os.Exit(1)
	}
}

// run reads the table, renews it when a copy of IANA's registry is named, and writes the seed.
func run(args []string) error {
	flags := flag.NewFlagSet("seedgen", flag.ContinueOnError)
	tablePath := flags.String("table", "servers.txt", "the table of servers")
	ianaPath := flags.String("iana", "", "a copy of https://data.iana.org/rdap/dns.json that renews the table; none: the table stands")
	outPath := flags.String("out", "", "where the seed is written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *outPath == "" {
		return errors.New("-out is missing: name the file to write")
	}
	text, err := os.ReadFile(*tablePath)
	if err != nil {
		return err
	}
	t, err := parseTable(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", *tablePath, err)
	}
	if *ianaPath != "" {
		if t, err = renewFrom(t, *ianaPath, *tablePath); err != nil {
			return err
		}
	}
	seed, err := t.seed()
	if err != nil {
		return err
	}
	return os.WriteFile(*outPath, seed, 0o600) //nolint:gosec // the developer names the file
}

// renewFrom replaces the blocks of IANA by those of a copy, and writes the table.
func renewFrom(t table, ianaPath, tablePath string) (table, error) {
	copied, err := os.ReadFile(ianaPath) //nolint:gosec // the developer names the file
	if err != nil {
		return table{}, err
	}
	if t, err = t.renewed(copied); err != nil {
		return table{}, fmt.Errorf("%s: %w", ianaPath, err)
	}
	return t, os.WriteFile(tablePath, t.text(), 0o600) //nolint:gosec // the developer names the file
}
