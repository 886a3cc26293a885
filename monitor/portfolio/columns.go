package portfolio

import (
	"slices"
	"strings"
	"unicode"
)

// column is one that a table may have.
type column struct {
	name   string
	also   string // other names for it, separated by blanks
	needed bool
	unless string // the column with which it is not needed
}

var portfolioColumns = []column{
	{"domain", "domain_name domains domainname fqdn host hostname url website web_site site web_address domäne domaene nom_de_domaine dominio", true, ""},
	{"client", "client_name customer customer_name company company_name organisation organization organisation_name organization_name kunde kundenname firma cliente empresa", true, ""},
	{"owner_name", "owner contact contact_name contact_person ansprechpartner", false, ""},
	{"owner_email", "owner_e_mail owner_mail email e_mail mail email_address e_mail_address contact_email contact_e_mail e_mail_adresse correo", false, ""},
	{"owner_phone", "phone phone_number telephone tel mobile contact_phone owner_telephone telefon telefono", false, ""},
	{"deputy_name", "deputy deputy_contact backup_contact second_contact", false, ""},
	{"deputy_email", "deputy_e_mail deputy_mail backup_email second_email", false, ""},
	{"deputy_phone", "deputy_telephone backup_phone second_phone", false, ""},
	{"services", "service leistungen", false, ""},
	{"auto_renew", "autorenew auto_renewal autorenewal automatic_renewal", false, ""},
	{"attested_expiry", "attested attested_date attested_expiry_date", false, ""},
	{"time_zone", "timezone tz zeitzone", false, ""},
	{"language", "lang sprache idioma", false, ""},
}

var recordColumns = []column{
	{"domain", "domain_name domainname domäne domaene", true, ""},
	{"host", "hostname host_name name", false, ""},
	{"type", "record_type rr_type", true, connectionColumn},
	{"match", "matcher", false, ""},
	{"value", "content target data points_to", true, connectionColumn},
	{"purpose", "", false, ""},
	{"service", "", false, ""},
	{"essential", "", false, ""},
	{connectionColumn, "template", false, ""},
	{variablesColumn, "parameters params", false, ""},
}

// The columns that stand for the records of a service, in place of type, match and value.
const (
	connectionColumn = "connection"
	variablesColumn  = "variables"
)

// Columns are the header names that a portfolio may have; domain and client are needed. Order and case do not matter, and the usual other
// names are known as well.
var Columns = names(portfolioColumns)

// RecordColumns are the header names of a file that states expected records one by one; domain, type and value are needed. A host is
// relative to the domain ("www", "@") unless it ends in it.
var RecordColumns = names(recordColumns[:8])

// ConnectionColumns are those that such a file may have beside them. A line that names a connection stands for the records of that service;
// in a file without other lines, type and value may be left out.
var ConnectionColumns = names(recordColumns[8:])

func names(cols []column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name
	}
	return out
}

// The columns that Deedwatch itself adds to a file of rejected rows. Reading leaves them out.
const (
	LineColumn  = "import_line"
	ErrorColumn = "import_error"
)

// headerName brings a column's name into the one form in which it is compared: lower case, with an underscore for whatever is between
// the words.
func headerName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) })
	return strings.Join(words, "_")
}

// known gives the column that a name stands for, and whether by its own name; nil: none.
func known(cols []column, name string) (c *column, own bool) {
	for i := range cols {
		if cols[i].name == name {
			return &cols[i], true
		}
	}
	for i := range cols {
		if name != "" && slices.Contains(strings.Fields(cols[i].also), name) {
			return &cols[i], false
		}
	}
	return nil, false
}

// secretWords are words that the name of a column which holds secrets has among its words.
var secretWords = strings.Fields(`password passwords passwd pass pwd pw passphrase passcode secret secrets token tokens credential credentials creds
	otp totp hotp pin puk 2fa mfa cvv cvc`)

// secretParts are what such a name contains once it is written in one word, in the languages our clients and their registrars speak.
var secretParts = strings.Fields(`password passwort passphrase kennwort losungswort motdepasse contraseña contrasena contrasenya palavrapasse senha
	wachtwoord lösenord losenord adgangskode passord salasana hasło haslo heslo parola jelszó jelszo şifre sifre пароль парола 密码 密碼 パスワード 비밀번호 סיסמה
	authcode authinfo authkey authorizationcode authorisationcode eppcode eppkey eppsecret transfercode transferkey transfersecret transferschlüssel
	codeauth codigoauth códigoauth codiceauth accesskey apikey apitoken privatekey secretkey clientsecret sharedsecret encryptionkey signingkey
	licensekey sshkey recoverycode recoverykey backupcode securitycode securityquestion securityanswer geheimnis`)

// secretColumn reports whether a column's name says that it holds passwords, keys or codes. Whole words are compared where they are short,
// so that a secretary's address and a pinned note pass.
func secretColumn(name string) bool {
	if slices.ContainsFunc(strings.Split(name, "_"), func(word string) bool { return slices.Contains(secretWords, word) }) {
		return true
	}
	joined := strings.ReplaceAll(name, "_", "")
	return slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(joined, part) })
}
