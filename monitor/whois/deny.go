package whois

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDenial is the most words that a line may have to be read by its words: what is longer explains or warns.
const maxDenial = 16

// denialClass is what a word adds to a sentence such as "no entries were found".
type denialClass uint16

const (
	denialNot   denialClass = 1 << iota // no, not, nicht, …
	denialThing                         // what there is none of: a record, an entry, a match, …
	denialFound                         // what has not happened to it: found, registered, …
	denialFree                          // says it in one word: free, available, unregistered
	denialStop                          // the sentence is about something else: a limit, a rule, a condition
	denialIs                            // stands before a word of freedom
	denialName                          // the domain; a thing too
	denialAble                          // what can't be registered is not free
)

// denialWords are the words by which a line is read where no phrase of the book stands in it, in the languages of registries.
var denialWords = func() map[string]denialClass {
	m := map[string]denialClass{}
	for class, words := range map[denialClass]string{
		denialNot: "tidak no not non none nothing never 0 zero didn't doesn't isn't hasn't don't wasn't without " +
			"nicht kein keine keinen não nao nenhum nenhuma niet geen ikke ingen inte inga intet ei nincs nem brak nie nerasta nav není žádný žádné nije ne nema nu " +
			"aucun aucune pas sin ningún ninguno nessun nessuna нет не",
		denialThing: "correspondance objeto objecto match matches matching entry entries record records object objects data information info result results such " +
			"registration existing registrations eintrag einträge treffer registros registro resultado resultados dados informações informação " +
			"enregistrement entrée résultat corrispondenza træffer treff post poster udaje záznam записей",
		denialFound: "ditemukan matches esiste findes löytynyt nenalezeno encontro found find match exist exists existing existent registered registred known located listed matched resgistered delegated " +
			"gefunden registriert vorhanden encontrado encontrada encontrados encontró existe registrado registrada trouvé trouvée enregistré enregistrée existant " + //nolint:misspell // words of other languages
			"gevonden geregistreerd fundet registreret funnet registrert hittades registrerad registrerat löydy rekisteröity znaleziono zarejestrowana találat találtam " +
			"nalezen registrován nájdené registrovaná gasit găsit înregistrat trovato trovata registrato registrata найдено зарегистрирован зарегистрировано найден", //nolint:misspell // words of other languages
		denialFree: "free available unregistered unassigned unallocated unclaimed nonexistent disponible disponível disponivel libre livre frei libero disponibile vrij beschikbaar " +
			"ledig ledigt vapaa wolna szabad volný voľná slobodna slobodan prost vaba laisvas brīvs свободен свободно müsait inconnu desconocido bulunamadı yoktur",
		denialStop: "limit limits limited exceeded exceed exceeds quota permitted allowed authorized authorised permission valid invalid supported support reserved blocked restricted " +
			"prohibited denied disclosed displayed shown published public visible guarantee guaranteed warranty responsible liable may must might should shall would if when unless " +
			"whether until only purposes terms policy privacy redacted use used using submit agree error-free charge cost costs service services server servers connect connection " +
			"queries requests maintenance temporarily unavailable failed failure timeout try wait later again abuse longer necessarily third level tld suffix syntax format characters illegal contact phone fax email e-mail " +
			"holder holders owner owners output decision time user account command page file host hosts http 404 authorization permission registrant registrar nameserver nameservers dns ds " +
			"dnssec person organization organisation handle here non-local elsewhere but however because except please address ip login password",
		denialName: "domain domains name domainname dominio domínio domaine домен doména domena domene domæne domän domeny object",
		denialAble: "can cannot can't cant could couldn't unable",
		denialIs:   "está es est ist jest är is are still currently now domain-is status state domain: name:",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] |= class
		}
	}
	for w, class := range m {
		if class&denialName != 0 {
			m[w] |= denialThing
		}
		if class&denialAble != 0 && strings.ContainsAny(w, "'") || w == "cannot" || w == "unable" || w == "cant" {
			m[w] |= denialNot
		}
	}
	return m
}()

// denies reports whether a line says by its words that there is no such registration: a negation shortly before what there is none of or
// what it is not, or a word of freedom that the line ends with.
func (a *answer) denies(l *line) bool {
	if strings.HasSuffix(l.text, "NOT FOUND") { // in capitals it is the server's word, even where it is glued to the end of terms of use
		return true
	}
	if l.prose || len(l.low) > proseLine {
		return false
	}
	if deniesUnspaced(l.low) {
		return true
	}
	var classes [maxDenial]denialClass
	n, last, all := 0, denialClass(0), denialClass(0)
	for word := range strings.FieldsFuncSeq(l.low, betweenWords) {
		word = strings.Trim(word, ".,:;!?\"'()[]<>*-=%")
		if word == "" {
			continue
		}
		if n == maxDenial {
			return false
		}
		last = denialWords[word]
		if last&denialStop != 0 {
			return false
		}
		classes[n] = last
		n++
		all |= last
	}
	said := classes[:n]
	if all&denialAble != 0 && strings.Contains(l.low, "be registered") {
		return false
	}
	for i, c := range said {
		if c&denialNot == 0 {
			continue
		}
		for j := i + 1; j < n && j <= i+5; j++ {
			if said[j]&denialFound != 0 || (j <= i+2 && i <= 3 && said[j]&denialThing != 0 && n <= 10) {
				return true
			}
		}
	}
	return last&denialFree != 0 && all&denialNot == 0 && a.frees(l, said)
}

// frees reports whether a word of freedom at the end of a line speaks of the name: it is the whole line, or what is said to be free is the
// name or a domain.
func (a *answer) frees(l *line, said []denialClass) bool {
	if len(said) == 1 {
		return true
	}
	before := said[len(said)-2]
	named := containsName(l.low, a.domain)
	if before&denialIs != 0 {
		return named || len(said) == 2 || slices.ContainsFunc(said, func(c denialClass) bool { return c&denialName != 0 })
	}
	return len(said) <= 4 && (named || before&denialName != 0)
}

// betweenWords reports what separates words; "object_not_found" is three.
func betweenWords(r rune) bool { return r == ' ' || r == '_' || r == '/' }

// unspaced are denials in scripts that put no blanks between words.
var unspaced = []string{"未注册", "未註冊", "没有注册", "尚未注册", "找不到", "未找到", "没有找到", "没有匹配", "不存在", "등록되어 있지 않", "존재하지 않", "該当するデータがありません", "登録されていません", "ไม่พบ"}

// deniesUnspaced reports whether a line has one of them.
func deniesUnspaced(low string) bool {
	for i := 0; i < len(low); i++ {
		if low[i] >= utf8.RuneSelf {
			return slices.ContainsFunc(unspaced, func(p string) bool { return strings.Contains(low, p) })
		}
	}
	return false
}

// ownWords returns what a line says about the name itself. Under a label of some other thing only the label counts: "Not found:
// quill.test" is about the name, "Registrant: not found" is about the registrant.
func (a *answer) ownWords(l *line) *line {
	if !l.cut || l.value == "" || l.kind == kindDomain || l.kind == kindStatus || messageLabels[normLabel(l.label)] || containsName(l.low, a.domain) {
		return l
	}
	own := *l
	own.low, own.cut = strings.ToLower(strings.TrimLeft(l.label, "%#*>;-. \t")), false
	return &own
}

// valueDenies reports whether what stands behind a colon denies the name: "whois check: quill.test not found", "Result: available".
func (a *answer) valueDenies(l *line) bool {
	if !l.cut || l.kind != kindOther {
		return false
	}
	label, value := normLabel(l.label), *l
	value.low, value.cut = strings.ToLower(l.value), false
	return (containsName(value.low, a.domain) || label == "result" || label == "registration") && a.denies(&value)
}

// answersNo reports whether a line answers a question of the form's own: "Registered: no", "Available: yes".
func answersNo(l *line) bool {
	if !l.cut {
		return false
	}
	value := strings.ToLower(l.value)
	yes, no := value == "yes" || value == "true", value == "no" || value == "false"
	switch normLabel(l.label) {
	case "registered", "is registered", "exists", "taken":
		return no
	case "available", "is available", "free", "is free":
		return yes
	}
	return false
}

// messageLabels are labels under which servers say how a query went, not what a registration holds.
var messageLabels = map[string]bool{
	"error": true, "result": true, "message": true, "info": true, "notice": true, "response": true, "answer": true, "query result": true,
	"whois": true, "match": true, "matches": true, "search result": true, "availability": true, "remark": true, "remarks": true, "note": true, "msg": true, "description": true, "reason": true, "code": true, "warning": true,
}
