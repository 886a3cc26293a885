package store

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// erasedLine is what a line of the kind "erased" says of one line from which something was taken out: the hash over the line as it stands
// since, its redacted body by its hash. It vouches for the whole line, since one of scheme 1 can't be checked by its own hash any more.
type erasedLine struct {
	Line   int64  `json:"line"`
	SHA256 string `json:"sha256"`
}

// erasedDigest is the hash of a redacted line as an "erased" line names it.
func erasedDigest(e *models.Entry) string { return lineHash(e, hexSHA256(e.Body)) }

func erasedLinesOf(e *models.Entry) []erasedLine {
	var body struct {
		Lines []erasedLine `json:"lines"`
	}
	if json.Unmarshal([]byte(e.Body), &body) != nil {
		return nil
	}
	return body.Lines
}

// erasureKey is by what the "erased" lines of a redacted line are found.
type erasureKey struct {
	client int64 // 0: none
	at     time.Time
}

// maxErasures bounds how many erasures are remembered at once.
const maxErasures = 32

// erasedLines checks lines from which something was taken out: a later line must name them as they stand.
func (a *audit) erasedLines(lines []models.Entry) (found []complaint, err error) {
	for i := range lines {
		e := &lines[i]
		if e.ErasedAt == nil {
			continue
		}
		named, err := a.namedBy(e)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(named[e.ID], erasedDigest(e)) {
			found = append(found, complaint{e.ID, "its content was taken out, and no line on an erasure names it as it stands"})
		}
	}
	return found, nil
}

// namedBy gives what the erasure behind a line names, by line.
func (a *audit) namedBy(e *models.Entry) (map[int64][]string, error) {
	key := erasureKey{at: e.ErasedAt.UTC()}
	of := a.tx.Where("client_id IS NULL")
	if e.ClientID != nil {
		key.client = *e.ClientID
		of = a.tx.Where("client_id = ?", key.client)
	}
	if named, ok := a.erasures[key]; ok {
		return named, nil
	}
	var erasing []models.Entry
	if err := of.Where("at = ? AND kind = ?", key.at, models.EntryErased).Order("id").Find(&erasing).Error; err != nil {
		return nil, err
	}
	named := map[int64][]string{}
	for i := range erasing {
		for _, l := range erasedLinesOf(&erasing[i]) {
			named[l.Line] = append(named[l.Line], l.SHA256)
		}
	}
	if len(a.erasures) >= maxErasures {
		clear(a.erasures)
	}
	a.erasures[key] = named
	return named, nil
}

// erasingLines checks the lines that an erasure names: each must stand as it was left, or have been redacted again since.
func (a *audit) erasingLines(lines []models.Entry) (found []complaint, err error) {
	for i := range lines {
		if lines[i].Kind != models.EntryErased {
			continue
		}
		named := erasedLinesOf(&lines[i])
		redacted, err := where[models.Entry](a.tx, "id", pick(named, func(l *erasedLine) int64 { return l.Line }), "id")
		if err != nil {
			return nil, err
		}
		by := index(redacted, func(e *models.Entry) int64 { return e.ID })
		for _, l := range named {
			e, there := by[l.Line]
			switch {
			case !there:
				found = append(found, complaint{lines[i].ID, "a line that it says was erased is not there"})
			case e.ErasedAt == nil:
				found = append(found, complaint{l.Line, "what was erased in it has been filled in again"})
			case erasedDigest(&e) != l.SHA256 && !e.ErasedAt.After(lines[i].At):
				found = append(found, complaint{l.Line, "it was changed after its content was taken out"})
			}
		}
	}
	return found, nil
}
