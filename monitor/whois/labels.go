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

// labelTable lists the labels of each kind as registries print them: lower case, blanks for dots, dashes and underscores, without
// brackets and what stands in parentheses.
var labelTable = map[kind][]string{
	kindDomain: {
		"domain", "domain name", "domainname", "complete domain name", "query", "object", "dominio", "nome de domínio", "nom de domaine",
		"nombre de dominio", "nombre del dominio", "domain ascii", "ascii domain name", "idn", "domain idn", "domain (idn)", "dn", "ドメイン名", "도메인이름",
		"domain name ascii", "requested domain", "the domain", "internationalized domain name", "domain name (utf8)", "fqdn", "domain-name",
		"domene", "domaine", "domain dname", "ace", "punycode", "query domain", "domain information", "object name",
	},
	kindExpiry: {
		"registry expiry date", "registry expiration date", "expiration date", "expiry date", "expires", "expires on", "expires at", "expire date",
		"expire", "expiry", "expire on", "expire at", "expires date", "expiration", "expiration time", "expiry time", "expiring date", "expiring",
		"expiredate", "expirydate", "expirationdate", "expiration on", "expiry on", "date of expiration", "date of expiry", "date expires",
		"paid till", "paid until", "paid to", "valid until", "valid till", "valid to", "valid date", "validity", "validity date", "exp date", "exp",
		"record expires on", "record expires", "record expired", "record will expire on", "domain expires", "domain expires on",
		"domain expiration date", "domain expiration", "domain expiry date", "domain expiry", "domain expire date", "domain exp date",
		"domain datebilleduntil", "domain valid until", "domain valid till", "domain registration expires", "expired", "expired on", "expired date",
		"expire time", "registration expires", "registration expires on", "registration expiration", "registration expiration date",
		"registration expiry date", "registration valid until", "data de expiração", "data de expiracao",
		"data de expiraçao", "fecha de vencimiento", "fecha de expiración", "fecha de expiracion", "fecha expiracion", "vencimiento",
		"date d'expiration", "date d'échéance", "expira", "expira em", "ablaufdatum", "ok until", "有効期限", "有効期限日", "사용 종료일", "만료일",
		"expiry dt", "expirationdt", "expdate", "tld expiry date", "domain will expire on", "this domain expires on", "current registration expires",
		"utgår", "expiracion", "expiración", "scadenza", "data di scadenza", "data expirare", "fecha de corte", "fecha de caducidad", "expiring on",
	},
	// Words that name the expiry at some registries and something else at others: they count only where no plain one is stated.
	kindRenewal: {
		"renewal", "renewal date", "date renewal", "renewal on", "renewal due", "renewal due date", "renews on", "renew by", "next renewal",
		"next renewal date", "domain renewal date", "registration renewal date", "registered until", "end date", "domain end date",
		"registration end date", "billing until", "billed until",
	},
	kindRegistrarExpiry: {
		"registrar registration expiration date", "registrar expiration date", "registrar expiry date", "registrar registration expiry date",
		"registrar registration expires on",
	},
	kindCreated: {
		"creation date", "created", "created on", "created date", "created at", "create date", "creation", "creation time", "creation on",
		"date created", "date creation", "date of creation", "domain created", "domain created on", "domain create date", "domain creation date",
		"record created", "record created on", "registered", "registered on", "registered at", "registered date", "registered since",
		"registration date", "registration time", "registration", "date registered", "date of registration", "domain registered", "domain registered on",
		"domain registration date", "domain name registration date", "domain record activated", "domain name commencement date",
		"commencement date", "domain dateregistered", "activated", "activated on", "activation date", "reg date", "regdate",
		"registrar created", "first registration", "first registered", "fecha de registro", "fecha de creacion", "fecha de creación",
		"data de registo", "data de registro", "data de criação", "date de création", "登録年月日", "등록일", "登録日", "creado",
		"registration start", "registered from", "created (gmt)", "fecha de alta", "domain activated", "registration began", "delegated",
		"registreringsdato", "entry created", "approved", "date approved", "date record created", "登録",
	},
	kindUpdated: {
		"updated date", "updated", "updated on", "updated at", "update date", "last updated", "last updated on", "last updated date",
		"last update", "last updated time", "last modified", "last modified on", "last modification", "modified", "modified on", "modified date",
		"modification date", "changed", "changed on", "changed date", "last changed", "last changed date", "last change", "last edited on",
		"record updated", "record last updated", "record last updated on", "record updated on", "domain last updated", "domain last updated date",
		"domain record last updated", "domain updated date", "domain datelastmodified", "date updated", "date modified", "date last modified",
		"최근 정보 변경일", "最終更新", "fecha de última modificación", "última modificación", "last transferred date", "date last updated",
		"domain datelastupdated", "database last updated",
	},
	kindStatus: {
		"domain status", "status", "state", "registration status", "eppstatus", "epp status", "x status", "estado", "situação", "statut",
		"domain state", "状態", "query status", "domaintype", "domain name status", "stato", "status code", "domain_status", "publicationstatus",
		"roid status", "object status", "active status", "estatus", "query_status", "dom status", "domene status", "stav", "registrar status",
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
		"dns nameservers", "ns list", "ns entries", "nameservers order", "name server (db)", "servers", "dns server names", "primary dns", "secondary dns", "primary ns", "secondary ns",
		"servidor de nombres de dominio", "servidores de nombres", "servidores de nombres de dominio", "domain name server", "host servers", "serveur de noms",
	},
	kindRegistrar: {
		"registrar", "registrar name", "sponsoring registrar", "registrar organization", "registrar organisation", "registrar of record",
		"current registrar", "registrar company", "authorized agency", "registration service provider", "registrar handle name", "registrar id name",
		"sponsoring registrar organization", "registration agent", "record maintained by", "domain registrar", "registrar name (reseller)",
		"registered through", "registered by", "registrador", "管理会社", "등록대행자", "domain support", "registration service url name",
		"registrar info", "registrar information", "registar", "registrator", "domain maintainer",
	},
	kindHolder: {
		"registrant", "registrant name", "registrant organization", "registrant organisation", "registrant id", "registrant contact", "registrant handle", "registrant company", "holder",
		"domain holder", "holder name", "holder c", "owner", "owner name", "owner c", "domain owner", "admin c", "tech c", "zone c", "billing c", "admin contact", "titular", "titulaire",
		"registrant contact name", "administrative contact", "technical contact", "contact hdl", "mnt by", "ownerid", "responsible", "dono", "registrant contact organisation",
		"organization using domain name", "org using domain name", "registrant type", "holder type", "registrantid", "admin name", "tech name", "admin contact name",
	},
	kindRegistrarID: {"registrar iana id", "sponsoring registrar iana id", "registrar id (iana)"},
	kindDNSSEC:      {"dnssec", "dnssec signed", "dnssec status", "ds rdata present", "signed", "dnssec delegation", "서명 도메인"},
	kindDS: {
		"dnssec ds data", "ds record", "ds rdata", "ds", "dsrecord", "ds data", "dnssec ds rdata", "signing key", "keyset", "dnskey", "ds records",
	},
	kindName: {"name", "organization", "organisation", "organization name", "registrar name", "company", "org", "company name", "org name", "nom", "company english name"},
	// Dates that end something else; named here so that no prefix of theirs is taken for an expiry.
	kindUnusedDate: {
		"option expiration date", "option expires", "date out of quarantine", "free date", "delete date", "delete", "outzone", "available on",
		"registry fee due", "expiration date of quarantine", "last transferred", "transferred", "transfer date", "grace expiry",
		"renew date", "renewed", "renewed on", "renewed date", "date renewed", "last renewed", "last renewal", "last renewal date", "last renew date",
		"dnssec expires", "signature expires", "auto renewal", "auto renew date", "valid from",
	},
}

// labels is the table the other way round.
var labels = func() map[string]kind {
	m := map[string]kind{}
	for k, list := range labelTable {
		for _, l := range list {
			if _, taken := m[l]; !taken || k == kindExpiry || k == kindRegistrar {
				m[l] = k
			}
		}
	}
	return m
}()
