package dnsbench

import (
	"fmt"
	"strings"
)

// zoneText is the zone of an operator's names, relative to whatever its origin is.
func zoneText(operator int, fault Fault) string {
	serial := 2026112200
	if fault == FaultStale {
		serial--
	}
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 3600\n@ SOA %s. hostmaster.mail.ops. %d 7200 900 1209600 300\n", operatorHost(operator, 1), serial)
	for i := 1; i <= serversOf(operator); i++ {
		if fault != FaultNS || i != 2 {
			fmt.Fprintf(&b, "@ NS %s.\n", operatorHost(operator, i))
		}
	}
	b.WriteString("@ A 192.0.2.10\n@ MX 10 mx1.mail.ops.\n@ MX 20 mx2.mail.ops.\n")
	b.WriteString("@ TXT \"v=spf1 include:_spf.mail.ops -all\"\n@ TXT \"site-verification=0123456789abcdef\"\n")
	if fault != FaultMissing {
		b.WriteString("_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@mail.ops\"\n")
	}
	www := "edge.cdn.ops."
	if fault == FaultWrong {
		www = "parked.cdn.ops."
	}
	fmt.Fprintf(&b, "www CNAME %s\n", www)
	key := dkimKey()
	fmt.Fprintf(&b, "s1._domainkey TXT \"v=DKIM1; k=rsa; p=%s\" \"%s\"\n", key[:230], key[230:])
	return b.String()
}

// dkimKey has the length of a 2,048-bit key, so that the answer has the size of a real one.
func dkimKey() string { return strings.Repeat("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", 12) }

func rootZoneText() string {
	return "$TTL 3600\n@ SOA a.root. h.root. 1 7200 900 1209600 300\n@ NS a.root.\na.root. A 127.0.1.1\n" +
		"tld. NS ns1.nic.tld.\ntld. NS ns2.nic.tld.\nops. NS ns1.nic.tld.\nops. NS ns2.nic.tld.\nns1.nic.tld. A 127.0.2.1\nns2.nic.tld. A 127.0.2.2\n"
}

// topZone delegates the names, and has the addresses of the operators' servers that are named in it.
func (w *World) topZone(zone string) string {
	var b strings.Builder
	b.WriteString("$TTL 3600\n@ SOA ns1.nic.tld. h.nic.tld. 1 7200 900 1209600 300\n@ NS ns1.nic.tld.\n@ NS ns2.nic.tld.\n")
	if zone == "tld" {
		b.WriteString("ns1.nic A 127.0.2.1\nns2.nic A 127.0.2.2\n")
		for _, n := range w.Names {
			for i := 1; i <= serversOf(n.Operator); i++ {
				fmt.Fprintf(&b, "%s. NS %s.\n", n.Name, operatorHost(n.Operator, i))
			}
		}
	} else {
		b.WriteString("edge.cdn A 192.0.2.20\nparked.cdn A 192.0.2.21\nmx1.mail A 192.0.2.31\nmx2.mail A 192.0.2.32\n")
	}
	for k := range w.operators {
		for i := 1; i <= serversOf(k) && operatorZone(k) == zone; i++ {
			fmt.Fprintf(&b, "%s. A %s\n", operatorHost(k, i), operatorAddr(k, i))
		}
	}
	return b.String()
}
