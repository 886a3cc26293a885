package catalog

// Suffixer is what finds the suffix of a name.
type Suffixer = suffixes

// BuiltIn is the list that is built in.
var BuiltIn Suffixer = builtIn{}

// ToASCII gives a host in A-labels, and why it is none.
func ToASCII(host string) (ascii, refused string) { return toASCII(host) }
