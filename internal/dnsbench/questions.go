package dnsbench

import (
	"fmt"
	"net/netip"

	"github.com/miekg/dns"
)

// Record is a record that every name of the world has, unless a fault was planted on it.
type Record struct {
	Host  string   // relative to the name; empty: the name itself
	Type  string   // mnemonic
	Value []string // the whole set, in canonical form
}

// Records are the records that a full check compares.
func Records() []Record {
	return []Record{
		{"", "A", []string{"192.0.2.10"}},
		{"", "MX", []string{"10 mx1.mail.ops", "20 mx2.mail.ops"}},
		{"", "TXT", []string{"v=spf1 include:_spf.mail.ops -all", "site-verification=0123456789abcdef"}},
		{"_dmarc", "TXT", []string{"v=DMARC1; p=reject; rua=mailto:dmarc@mail.ops"}},
		{"www", "CNAME", []string{"edge.cdn.ops"}},
		{"s1._domainkey", "TXT", []string{"v=DKIM1; k=rsa; p=" + dkimKey()}},
	}
}

// Nameservers are the servers that a name is delegated to.
func (n Name) Nameservers() []string {
	var names []string
	for i := 1; i <= serversOf(n.Operator); i++ {
		names = append(names, operatorHost(n.Operator, i))
	}
	return names
}

// Question is one question to one server.
type Question struct {
	To   netip.AddrPort
	Name string
	Type uint16
}

// Questions lists what a full check asks of one name: the parent, and NS, SOA and the records of every server.
func (w *World) Questions(n Name) []Question {
	at := func(addr string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(addr), w.Port) }
	list := []Question{{at("127.0.2.1"), n.Name, dns.TypeNS}}
	for i := 1; i <= serversOf(n.Operator); i++ {
		to := at(operatorAddr(n.Operator, i))
		list = append(list, Question{to, n.Name, dns.TypeNS}, Question{to, n.Name, dns.TypeSOA})
		for _, r := range Records() {
			host := n.Name
			if r.Host != "" {
				host = fmt.Sprintf("%s.%s", r.Host, n.Name)
			}
			list = append(list, Question{to, host, dns.StringToType[r.Type]})
		}
	}
	return list
}
