package whois

import (
	"bytes"
	"strings"
)

// wordClass is what a word says inside a label of dates. A label is read by its words where the table has no entry for it: every word
// must be known, so that "DNSSEC key expiry" or "registrar agreement expires" is never taken for the expiry of a name.
type wordClass uint16

const (
	wordFill      wordClass = 1 << iota // says nothing
	wordExpire                          // the end
	wordValid                           // with wordUntil: the end
	wordUntil                           // up to
	wordCreate                          // the beginning
	wordRegister                        // the beginning, if nothing else is said
	wordUpdate                          // a change
	wordLast                            // with wordUpdate only
	wordRenew                           // the next bill, where no end is stated
	wordRegistrar                       // the registrar's own date
	wordSince                           // from then on
	wordDayFirst                        // in a language whose countries write 31/12/2027
)

// labelWords are the words of labels of dates, in the languages of registries.
var labelWords = func() map[string]wordClass {
	m := map[string]wordClass{}
	for class, words := range map[wordClass]string{
		wordFill: "date time dates datetime domain name domainname record entry object registry tld current the this of on at is will be your for de del di do da d'une la le du data fecha datum " +
			"utc gmt timestamp dt um am der die das den het dominio domínio domaine domein domena domene domän doména domeny nom nombre nome and in next due " +
			"yyyy mm dd hh ss aaaa jj yy day y m",
		wordExpire: "expires expire expired expiry expiration expiring expirydate expirationdate expiredate expdate exp exdate " +
			"vencimiento expiración expiracion expira expiração expiracao expiraçao caducidad échéance echeance vencimento validade " + //nolint:misspell // words of other languages
			"d'expiration d'échéance ablaufdatum ablauf scadenza expirare expirării expirarii utgår utgångsdatum udløbsdato udløb utløpsdato utløper päättyy verloopt vervaldatum " +
			"lejárat lejarat wygaśnięcia wygasa expirace vyprší expirácie истекает",
		wordValid:     "reg valid validity paid active billed ok gültig ważna platná registered",
		wordUntil:     "until till thru through to upto up bis até hasta jusqu'au do",
		wordCreate:    "created creation create creado creación creacion création criação criacao registriert commencement activated activation activación activacion creationdate createdate createddate established", //nolint:misspell // words of other languages
		wordRegister:  "registered registration registro registrado alta registo enregistrement",
		wordUpdate:    "updated update modified modification changed change edited modify updatedate modificación modification mise atualização changedate amended lastmodified",
		wordLast:      "last latest última ultima dernière",
		wordRenew:     "renewal renew renews",
		wordRegistrar: "registrar registrar's",
		wordDayFirst: "fecha vencimiento expiración expiracion expira caducidad expiração expiracao expiraçao vencimento validade échéance echeance d'expiration d'échéance " + //nolint:misspell // words of other languages
			"ablaufdatum ablauf scadenza expirare expirării expirarii vervaldatum udløbsdato utløpsdato creación creacion criação criacao registro alta registo enregistrement création",
		wordSince: "since from began start started",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] |= class
		}
	}
	return m
}()

// isDate reports whether a label of this kind stands before a date.
func (k kind) isDate() bool {
	switch k { //nolint:exhaustive // all others state no date
	case kindExpiry, kindRenewal, kindRegistrarExpiry, kindCreated, kindUpdated, kindUnusedDate:
		return true
	}
	return false
}

// kindByWords reads a label of dates, in the form of normLabel, by its words. Any word that is not known makes it no label of ours.
func kindByWords(label []byte) kind {
	var seen, all wordClass
	for len(label) > 0 {
		word := label
		if i := bytes.IndexAny(label, " /"); i >= 0 {
			word, label = label[:i], label[i+1:]
		} else {
			label = nil
		}
		if len(word) == 0 {
			continue
		}
		class, ok := labelWords[string(word)]
		if !ok {
			return kindOther
		}
		class &^= wordDayFirst
		if class&(class-1) == 0 {
			seen |= class
		}
		all |= class
	}
	return kindOfWords(seen, all)
}

// kindOfWords weighs what the words of a label say. seen are the words of one meaning, all counts the others too.
func kindOfWords(seen, all wordClass) kind {
	has := func(c wordClass) bool { return all&c != 0 }
	switch {
	case seen&wordLast != 0 && has(wordUpdate) && !has(wordExpire|wordRenew|wordCreate):
		return kindUpdated
	case has(wordLast):
		return kindUnusedDate
	case has(wordExpire) && !has(wordRenew|wordCreate|wordUpdate|wordSince):
		if has(wordRegistrar) {
			return kindRegistrarExpiry
		}
		return kindExpiry
	case has(wordValid) && seen&wordUntil != 0 && !has(wordRenew|wordCreate|wordUpdate|wordSince|wordRegistrar):
		if has(wordRegister) {
			return kindRenewal
		}
		return kindExpiry
	case seen&wordRenew != 0 && !has(wordCreate|wordUpdate|wordExpire|wordSince|wordRegistrar):
		return kindRenewal
	case has(wordExpire | wordRenew | wordUntil | wordRegistrar):
		return kindOther
	case has(wordCreate) && !has(wordUpdate):
		return kindCreated
	case has(wordUpdate) && !has(wordCreate|wordRegister|wordSince):
		return kindUpdated
	case seen&wordRegister != 0, all&wordRegister != 0 && all&wordValid != 0:
		return kindCreated
	}
	return kindOther
}

// dayFirst reports whether a label is in a language whose countries write the day first.
func dayFirst(label string) bool {
	for word := range strings.FieldsSeq(strings.ReplaceAll(normLabel(label), "/", " ")) {
		if labelWords[word]&wordDayFirst != 0 {
			return true
		}
	}
	return false
}
