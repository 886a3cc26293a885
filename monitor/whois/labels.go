package whois

// kind is what a field states.
type kind int

const (
	kindOther kind = iota
	kindDomain
	kindExpiry
	kindRenewal
	kindRegistrarExpiry
	kindCreated
	kindUpdated
	kindStatus
	kindNameserver
	kindRegistrar
	kindRegistrarID
	kindDNSSEC
	kindDS
	kindName // "name" or "organisation": means what the block around it is about
	kindUnusedDate
	kindHolder // whom it belongs to or who looks after it: names nobody here, but only a registration has one
)

// labelTable lists the labels of each kind in the form of normLabel, each once. Of the labels of dates it has only those that their words do
// not give away (labelwords.go).
var labelTable = map[kind][]string{
	kindOther: {"state/province", "state / province"},
	kindDomain: {
		"domain", "domain name", "domainname", "complete domain name", "query", "object", "dominio", "nome de domínio", "nom de domaine",
		"nombre de dominio", "nombre del dominio", "domain ascii", "ascii domain name", "idn", "domain idn", "dn", "ドメイン名", "도메인이름",
		"domain name ascii", "requested domain", "the domain", "internationalized domain name",
		"domene", "domaine", "domain dname", "ace", "punycode", "query domain", "domain information", "object name",
	},
	kindExpiry: {
		"domain datebilleduntil", "expirationdt", "fecha de corte", "valid date", "validity date", "validity",
		"有効期限", "有効期限日", "만료일", "사용 종료일", "到期日期", "过期时间", "到期时间",
	},
	// Words that name the expiry at some registries and something else at others: they count only where no plain one is stated.
	kindRenewal: {
		"billed until", "billing until", "end date", "domain end date", "registration end date", "renew by",
	},
	kindCreated: {
		"approved", "date approved", "delegated", "domain dateregistered", "first registered", "first registration", "reg date", "regdate",
		"registrar created", "issue date", "registreringsdato", "登録", "登録年月日", "登録日", "등록일", "注册时间", "注册日期",
	},
	kindUpdated: {
		"domain datelastmodified", "domain datelastupdated", "最終更新", "최근 정보 변경일", "更新时间",
	},
	kindStatus: {
		"domain status", "status", "state", "registration status", "eppstatus", "epp status", "x status", "estado", "situação", "statut",
		"domain state", "状態", "query status", "domaintype", "domain name status", "stato", "status code", "publicationstatus",
		"roid status", "object status", "active status", "estatus", "dom status", "domene status", "stav", "registrar status",
	},
	kindNameserver: {
		"name server", "name servers", "nameserver", "nameservers", "nserver", "nservers", "ns", "domain nameservers", "domain name servers",
		"domain servers", "domain server", "domain servers in listed order", "nameservers in the listed order", "nameservers in listed order",
		"name servers in listed order", "name servers in the listed order", "name server information", "name servers information",
		"dns", "dns servers", "dns server", "dns name", "dns name servers", "domain nameserver", "primary server", "secondary server",
		"primary name server", "secondary name server", "primary nameserver", "secondary nameserver", "primary host name", "secondary host name",
		"servidores dns", "servidor dns", "servidores de nombre", "host name", "hostname", "host names", "nameserver information", "ns name", "ns hostname",
		"ネームサーバ", "네임서버", "1차 네임서버", "2차 네임서버", "delegation", "dns records", "zone servers", "domain servers in the listed order",
		"authoritative name servers", "domain dns servers", "listed name servers", "nom du serveur", "dns information", "dns1", "dns2", "dns3", "dns4",
		"dns nameservers", "ns list", "ns entries", "nameservers order", "servers", "dns server names", "primary dns", "secondary dns", "primary ns", "secondary ns",
		"servidor de nombres de dominio", "servidores de nombres", "servidores de nombres de dominio", "domain name server", "host servers", "serveur de noms",
	},
	kindRegistrar: {
		"registrar", "registrar name", "sponsoring registrar", "registrar organization", "registrar organisation", "registrar of record",
		"current registrar", "registrar company", "authorized agency", "registration service provider", "registrar handle name", "registrar id name",
		"sponsoring registrar organization", "registration agent", "record maintained by", "domain registrar",
		"registered through", "registered by", "registrador", "管理会社", "등록대행자", "domain support", "registration service url name",
		"registrar info", "registrar information", "registar", "current registar", "registrator", "domain maintainer",
	},
	kindHolder: {
		"registrant", "registrant name", "registrant organization", "registrant organisation", "registrant id", "registrant contact", "registrant handle", "registrant company", "holder",
		"domain holder", "holder name", "holder c", "owner", "owner name", "owner c", "domain owner", "admin c", "tech c", "zone c", "billing c", "admin contact", "titular", "titulaire",
		"registrant contact name", "administrative contact", "technical contact", "contact hdl", "mnt by", "ownerid", "responsible", "dono", "registrant contact organisation",
		"organization using domain name", "org using domain name", "registrant type", "holder type", "registrantid", "admin name", "tech name", "admin contact name",
	},
	kindRegistrarID: {"registrar iana id", "sponsoring registrar iana id", "registrar id"},
	kindDNSSEC:      {"dnssec", "dnssec signed", "dnssec status", "ds rdata present", "signed", "dnssec delegation", "서명 도메인"},
	kindDS: {
		"dnssec ds data", "ds record", "ds rdata", "ds", "dsrecord", "ds data", "dnssec ds rdata", "signing key", "keyset", "dnskey", "ds records",
	},
	kindName: {"name", "organization", "organisation", "organization name", "company", "org", "company name", "org name", "nom", "company english name"},
	// Dates of something else, whose words alone might be taken for one of ours.
	kindUnusedDate: {
		"option expiration date", "option expires", "date out of quarantine", "free date", "delete date", "delete", "outzone", "available on",
		"registry fee due", "transferred", "transfer date", "last transferred", "last transferred date", "grace expiry", "renew date", "renewed", "renewed on",
		"renewed date", "date renewed", "dnssec expires", "signature expires", "auto renewal", "auto renew date", "valid from", "database last updated",
	},
}

// labels is the table the other way round.
var labels = func() map[string]kind {
	m := map[string]kind{}
	for k, list := range labelTable {
		for _, l := range list {
			m[l] = k
		}
	}
	return m
}()
