package whois

import "strings"

// maxDenial is the most words that a line may have to be read by its words: what is longer explains or warns.
const maxDenial = 16

// denialClass is what a word adds to a sentence such as "no entries were found".
type denialClass uint8

const (
	denialNot   denialClass = 1 << iota // no, not, nicht, …
	denialThing                         // what there is none of: a record, an entry, a match, …
	denialFound                         // what has not happened to it: found, registered, …
	denialFree                          // says it in one word: free, available, unregistered
	denialStop                          // the sentence is about something else: a limit, a rule, a condition
	denialIs                            // stands before a word of freedom
)

// denialWords are the words by which a line is read where no phrase of the book stands in it, in the languages of registries.
var denialWords = func() map[string]denialClass {
	m := map[string]denialClass{}
	for class, words := range map[denialClass]string{
		denialNot: "no not non none nothing never 0 zero didn't doesn't isn't hasn't don't wasn't without " +
			"nicht kein keine keinen não nao nenhum nenhuma niet geen ikke ingen inte inga intet ei nincs nem brak nie nerasta nav není žádný žádné nije ne nema nu " +
			"aucun aucune pas sin ningún ninguno nessun nessuna нет не",
		denialThing: "match matches matching entry entries record records object objects data information info result results such domain domains " +
			"registration name existing registrations eintrag einträge treffer registros registro resultado resultados dados informações informação " +
			"enregistrement entrée résultat corrispondenza træffer treff post poster udaje záznam записей",
		denialFound: "found find match exist exists existing existent registered registred known located listed matched resgistered delegated " +
			"gefunden registriert vorhanden encontrado encontrada encontrados encontró existe registrado registrada trouvé trouvée enregistré enregistrée existant " +
			"gevonden geregistreerd fundet registreret funnet registrert hittades registrerad registrerat löydy rekisteröity znaleziono zarejestrowana találat találtam " +
			"nalezen registrován nájdené registrovaná gasit găsit înregistrat trovato trovata registrato registrata найдено зарегистрирован зарегистрировано найден",
		denialFree: "free available unregistered unassigned unallocated unclaimed nonexistent disponible disponível disponivel libre livre frei libero disponibile vrij beschikbaar " +
			"ledig ledigt vapaa wolna szabad volný voľná slobodna slobodan prost vaba laisvas brīvs свободен свободно müsait",
		denialStop: "limit limits limited exceeded exceed exceeds quota permitted allowed authorized authorised permission valid invalid supported support reserved blocked restricted " +
			"prohibited denied disclosed displayed shown published public visible guarantee guaranteed warranty responsible liable may must might should shall would if when unless " +
			"whether until only purposes terms policy privacy redacted use used using submit agree error-free charge cost costs service services server servers connect connection " +
			"queries requests maintenance temporarily unavailable failed failure timeout try wait later again abuse longer necessarily third level tld suffix syntax format characters illegal contact phone fax email e-mail " +
			"can cannot can't cant but however because except please address ip login password",
		denialIs: "is are still currently now domain-is status state domain: name:",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] |= class
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
	var classes [maxDenial]denialClass
	n, last := 0, denialClass(0)
	for word := range strings.FieldsSeq(l.low) {
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
	}
	said := classes[:n]
	for i, c := range said {
		if c&denialNot == 0 {
			continue
		}
		for j := i + 1; j < n && j <= i+5; j++ {
			if said[j]&denialFound != 0 || (j <= i+2 && i <= 2 && said[j]&denialThing != 0 && n <= 10) {
				return true
			}
		}
	}
	return last&denialFree != 0 && a.frees(l, said)
}

// frees reports whether a word of freedom at the end of a line speaks of the name: it is the whole line, it stands behind "is", or the line
// begins with the name; no negation stands before it.
func (a *answer) frees(l *line, said []denialClass) bool {
	for _, c := range said {
		if c&denialNot != 0 {
			return false
		}
	}
	return len(said) == 1 || said[len(said)-2]&denialIs != 0 || (len(said) <= 3 && containsName(l.low, a.domain))
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

// messageLabels are labels under which servers say how a query went, not what a registration holds.
var messageLabels = map[string]bool{
	"error": true, "result": true, "message": true, "info": true, "notice": true, "response": true, "answer": true, "query result": true,
	"whois": true, "remark": true, "remarks": true, "note": true, "msg": true, "description": true, "reason": true, "code": true, "warning": true,
}
