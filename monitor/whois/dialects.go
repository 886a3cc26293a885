package whois

import "github.com/krestmarketing/deedwatch/models"

// dialects are the registries whose answers leave something open. A new one is one value here and one text in testdata.
var dialects = []dialect{
	{
		name: "Freenom", servers: []string{"whois.dot.tk", "whois.dot.ml", "whois.dot.ga", "whois.dot.cf", "whois.domino.gq"},
		suffixes: []string{"tk", "ml", "ga", "cf", "gq"}, shape: "Your selected domain name is a domain name that has been", order: orderMonthFirst,
	},
	{name: "Red.es", servers: []string{"whois.nic.es"}, suffixes: []string{"es"}, order: orderDayFirst, zone: "Europe/Madrid"},
	{name: "DNS.PT", servers: []string{"whois.dns.pt"}, suffixes: []string{"pt"}, order: orderDayFirst, zone: "Europe/Lisbon"},
	{name: "AFNIC", servers: []string{"whois.nic.fr"}, suffixes: []string{"fr", "re", "pm", "tf", "wf", "yt"}, order: orderDayFirst, zone: "Europe/Paris"},
	{name: "HKIRC", servers: []string{"whois.hkirc.hk", "whois.hknic.net.hk"}, suffixes: []string{"hk", "xn--j6w193g"}, order: orderDayFirst},
	{name: "ISOC-IL", servers: []string{"whois.isoc.org.il"}, suffixes: []string{"il", "xn--4dbrk0ce"}, order: orderDayFirst},
	{name: "Register.BG", servers: []string{"whois.register.bg"}, suffixes: []string{"bg", "xn--90ae"}, order: orderDayFirst, zone: "Europe/Sofia"},
	{name: "DNS-LU", servers: []string{"whois.dns.lu"}, suffixes: []string{"lu"}, order: orderDayFirst},
	{name: "IM", servers: []string{"whois.nic.im"}, suffixes: []string{"im"}, order: orderDayFirst},
	{name: "SM", servers: []string{"whois.nic.sm"}, suffixes: []string{"sm"}, order: orderDayFirst},
	{name: "ATI", servers: []string{"whois.ati.tn"}, suffixes: []string{"tn", "xn--pgbs0dh"}, order: orderDayFirst, zone: "Africa/Tunis"},
	{name: "VNNIC", suffixes: []string{"vn"}, order: orderDayFirst, zone: "Asia/Ho_Chi_Minh"},
	{name: "PF", servers: []string{"whois.registry.pf"}, suffixes: []string{"pf"}, order: orderDayFirst},
	{name: "WEARE.IE", servers: []string{"whois.weare.ie", "whois.domainregistry.ie", "whois.iedr.ie"}, suffixes: []string{"ie"}, order: orderDayFirst},
	{name: "Nominet", servers: []string{"whois.nic.uk", "whois.ja.net"}, suffixes: []string{"uk"}, order: orderDayFirst}, //nolint:misspell // the registry's name
	{name: "SIDN", servers: []string{"whois.domain-registry.nl"}, suffixes: []string{"nl"}, order: orderDayFirst},
	{name: "THNIC", servers: []string{"whois.thnic.co.th"}, suffixes: []string{"th", "xn--o3cw4h"}, order: orderDayFirst},
	{
		name: "DNS Belgium", servers: []string{"whois.dns.be"}, suffixes: []string{"be"}, order: orderDayFirst,
		status: map[string]models.Outcome{"not available": models.OutcomeOK},
	},
	{
		name: "EURid", servers: []string{"whois.eu"}, suffixes: []string{"eu", "xn--e1a4c", "xn--qxa6a"},
		status: map[string]models.Outcome{"not available": models.OutcomeOK},
	},
	{
		name: "SK-NIC", servers: []string{"whois.sk-nic.sk"}, suffixes: []string{"sk"},
		status: map[string]models.Outcome{"dom_ok": models.OutcomeOK, "dom_ta": models.OutcomeOK, "dom_held": models.OutcomeOK, "dom_dakt": models.OutcomeOK, "dom_warn": models.OutcomeOK},
	},
	// Registries that print a time of their own zone without saying so; the servers of FRED write the day first, with dots.
	{name: "CZ.NIC", servers: []string{"whois.nic.cz"}, suffixes: []string{"cz"}, order: orderDayFirst, zone: "Europe/Prague"},
	{name: "MARnet", servers: []string{"whois.marnet.mk"}, suffixes: []string{"mk", "xn--d1alf"}, order: orderDayFirst, zone: "Europe/Skopje"},
	{name: "RNIDS", servers: []string{"whois.rnids.rs"}, suffixes: []string{"rs", "xn--90a3ac"}, order: orderDayFirst, zone: "Europe/Belgrade"},
	{name: "tzNIC", servers: []string{"whois.tznic.or.tz"}, suffixes: []string{"tz"}, order: orderDayFirst, zone: "Africa/Dar_es_Salaam"},
	{name: "NIC.CR", servers: []string{"whois.nic.cr"}, suffixes: []string{"cr"}, order: orderDayFirst, zone: "America/Costa_Rica"},
	{name: "MW", servers: []string{"whois.nic.mw"}, suffixes: []string{"mw"}, order: orderDayFirst, zone: "Africa/Blantyre"},
	{name: "AKEP", suffixes: []string{"al"}, order: orderDayFirst, zone: "Europe/Tirane"},
	{name: "NIC.AR", servers: []string{"whois.nic.ar"}, suffixes: []string{"ar"}, order: orderDayFirst, zone: "America/Argentina/Buenos_Aires"},
	{name: "Traficom", servers: []string{"whois.fi"}, suffixes: []string{"fi"}, order: orderDayFirst, zone: "Europe/Helsinki"},
	{name: "Åland", servers: []string{"whois.ax"}, suffixes: []string{"ax"}, order: orderDayFirst, zone: "Europe/Mariehamn"},
	{name: "NASK", servers: []string{"whois.dns.pl"}, suffixes: []string{"pl"}, zone: "Europe/Warsaw"},
	{name: "CARNET", servers: []string{"whois.dns.hr"}, suffixes: []string{"hr"}, order: orderDayFirst, zone: "Europe/Zagreb"},
	{name: "CNNIC", servers: []string{"whois.cnnic.cn", "cwhois.cnnic.cn"}, suffixes: []string{"cn", "xn--fiqs8s", "xn--fiqz9s"}, zone: "Asia/Shanghai"},
	{name: "SGNIC", servers: []string{"whois.sgnic.sg"}, suffixes: []string{"sg"}, order: orderDayFirst, zone: "Asia/Singapore"},
	{name: "BNNIC", servers: []string{"whois.bnnic.bn", "whois.bn"}, suffixes: []string{"bn"}, order: orderDayFirst, zone: "Asia/Brunei"},
	{name: "KG", servers: []string{"whois.kg"}, suffixes: []string{"kg"}, zone: "Asia/Bishkek"},
	{name: "NIC.VE", servers: []string{"whois.nic.ve"}, suffixes: []string{"ve"}, order: orderDayFirst, zone: "America/Caracas"},
	{name: "UANIC", servers: []string{"whois.ua", "whois.com.ua", "whois.in.ua", "whois.net.ua"}, suffixes: []string{"ua", "xn--j1amh"}, order: orderDayFirst, zone: "Europe/Kyiv"},
}
