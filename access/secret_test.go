package access_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/access"
)

func TestSecretsAreRefused(t *testing.T) {
	for _, s := range []string{
		"password: hunter2", "Password is Sommer2024", "pw = geheim!", "the pass: bakery-2019", "PIN: 4711", "login: ada / cake", "EPP code: aX9-22-kk", "auth code = 8df!kLm2",
		"transfer key: 22-aa-77", "Kennwort lautet brot123", "api_key = \"0123456789abcdef\"", "token -> abcdef123",
		"-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "otpauth://totp/Krest:ada?secret=JBSWY3DPEHPK3PXP", "https://ada:cake@cms.example/wp-admin",
		"postgres://deed:watch@db/prod", "ghp_" + strings.Repeat("a1B2", 9), "AKIAIOSFODNN7EXAMPLE", "xoxb-1234567890-abcdefghij", "sk_live_" + strings.Repeat("4e", 12),
		"SG." + strings.Repeat("a", 22) + "." + strings.Repeat("b", 43), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig", "AIza" + strings.Repeat("Sy", 18),
		"Tr0ub4dor&3", "use Xk9$mQ2!vL to get in", "aB3dE5gH7jK9", "G7#kk29LmQ", "zQ4rT9bN2mK8pW6x", "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
	} {
		if access.SecretIn(s) == "" {
			t.Errorf("passed: %q", s)
		}
	}
}

func TestOrdinaryNotesPass(t *testing.T) {
	for _, s := range []string{
		"", "Asked by phone on Monday, Ada will send the invitation this week.", "UA-12345678-1", "G-ABC123DEF4", "GTM-K7X9Q2", "AW-123456789", "123-456-7890", "act_1234567890123456",
		"properties/312345678", "ada@juniper-row.example", "jana.kessler2@mailhost.example", "krest1._domainkey.example.com", "ns1.dnshost.example", "Q4-2026 campaign", "iPhone13 of the owner",
		"Dr. O'Neill-Smith", "https://vault.example.com/items/7f3b2c", "The password lives in the client's own vault.", "No password was shared.", "login stays with the client",
		"GoDaddy account 48213377", "Manager since Apr 2024", "Passport office, 3rd floor", "WordPress 6.4.2", "ISO-27001", "Straße 12, 80331 München", "Search Console", "invitation expires 2026-12-01T10:00",
		"e7.example.shop", "sc-domain:example.com", "US-East-1", "McDonaldFarm", "LinkedIn page 10293847", "see ticket KREST-1042", "SEO;Google Ads|Website", "R&D-Team", "seo;google_ads;email_marketing", "Smith&Sons-Shop",
	} {
		if what := access.SecretIn(s); what != "" {
			t.Errorf("refused as %s: %q", what, s)
		}
	}
}

func FuzzSecretIn(f *testing.F) {
	f.Add("password: x")
	f.Add("\xff\xfe")
	f.Fuzz(func(_ *testing.T, s string) { access.SecretIn(s) })
}
