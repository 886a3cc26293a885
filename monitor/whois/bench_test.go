package whois_test

import (
	"testing"

	likexian "github.com/likexian/whois-parser"

	"github.com/krestmarketing/deedwatch/internal/corpora"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// BenchmarkParse reads every recorded answer, ours and the best-known parser side by side; an operation is the whole set. benchstat
// compares the two with -col /parser.
func BenchmarkParse(b *testing.B) {
	cases := corpora.LoadWHOIS(b)
	texts := make([][]byte, len(cases))
	strs := make([]string, len(cases))
	size := int64(0)
	for i, c := range cases {
		texts[i] = corpora.Text(b, "whois", c.File)
		strs[i] = string(texts[i])
		size += int64(len(texts[i]))
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			for i, c := range cases {
				whois.Parse(c.Domain, c.Server, texts[i], now)
			}
		}
	})
	b.Run("likexian", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			for _, s := range strs {
				_, _ = likexian.Parse(s)
			}
		}
	})
}
