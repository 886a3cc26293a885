// Package sheet writes tables that people open in a spreadsheet, and undoes on reading what it did on writing. It knows cells and lines;
// what the columns mean is left to those who write and read them.
//
// A text that a spreadsheet could take for a formula gets an apostrophe before it (Safe), which Plain takes away again, and nothing else:
// Plain(Safe(s)) is s for every text.
package sheet
