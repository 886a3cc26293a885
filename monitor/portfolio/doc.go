// Package portfolio reads the list of domains to watch, with their clients and contacts, from a CSV file: by header names, row by row, with
// an error that says what to do for each row that can't be used. Storing the rows, and saying which are new, is the store's business.
package portfolio
