package lab

import "testing"

func TestToASCII(t *testing.T) {
	tests := map[string]string{
		"Bakery.LAB.":     "bakery.lab",
		"Bücher.lab":      "xn--bcher-kva.lab",
		"öppettider.se":   "xn--ppettider-z7a.se",
		"fäw.de":          "xn--fw-via.de",
		"他们为什么不说中文.lab":   "xn--ihqwcrb4cv8a8dqg056pqjye.lab",
		"пример.xn--p1ai": "xn--e1afmkfd.xn--p1ai",
	}
	for name, want := range tests {
		if got := toASCII(name); got != want {
			t.Errorf("toASCII(%q) = %q, want %q", name, got, want)
		}
	}
}
