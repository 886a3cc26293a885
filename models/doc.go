// Package models holds Deedwatch's nouns: plain rows with their gorm tags, the enums they use, the transitions that concern one row
// alone, and the shapes in which questions to the store are asked and answered.
//
// It does no I/O, reads no clock and knows no thresholds of policy: what is due, what is bad and what is owed is decided in monitor,
// notify and access; how rows are kept is the store's business. Instants are UTC; the store truncates them to microseconds. A nil
// *time.Time means "not known" or "has not happened", never the zero date.
package models
