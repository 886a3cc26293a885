package store

import (
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// bulkRows is how many rows one statement inserts.
const bulkRows = 200

// bulk inserts very many rows by few statements, column by column: going over each row's fields by name costs more than the database does.
type bulk struct {
	table   string
	columns []string
	tail    string                // after the values, such as RETURNING
	scan    func(*sql.Rows) error // takes the rows that are returned; nil: there are none
}

// insert inserts n rows in their order; row appends the values of the i-th in the order of the columns.
func (b bulk) insert(tx *gorm.DB, n int, row func(args []any, i int) []any) error {
	var text string
	for from := 0; from < n; from += bulkRows {
		count := min(bulkRows, n-from)
		if count < bulkRows || text == "" {
			text = b.text(tx.Name() == EnginePostgres, count)
		}
		args := make([]any, 0, count*len(b.columns))
		for i := range count {
			args = row(args, from+i)
		}
		if err := b.run(tx, text, args); err != nil {
			return err
		}
	}
	return nil
}

func (b bulk) run(tx *gorm.DB, text string, args []any) (err error) {
	if b.scan == nil {
		_, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, text, args...)
		return translated(tx, err)
	}
	rows, err := tx.Statement.ConnPool.QueryContext(tx.Statement.Context, text, args...)
	if err != nil {
		return translated(tx, err)
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
		err = translated(tx, err)
	}()
	for rows.Next() {
		if err := b.scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// translated gives the sentinel for a broken constraint, as gorm does for its own statements.
func translated(tx *gorm.DB, err error) error {
	if t, ok := tx.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		return t.Translate(err)
	}
	return err
}

// text writes the statement for so many rows.
func (b bulk) text(numbered bool, rows int) string {
	var s strings.Builder
	s.WriteString("INSERT INTO " + b.table + " (" + strings.Join(b.columns, ", ") + ") VALUES ")
	for i := range rows * len(b.columns) {
		switch {
		case i == 0:
			s.WriteByte('(')
		case i%len(b.columns) == 0:
			s.WriteString("),(")
		default:
			s.WriteByte(',')
		}
		if numbered {
			s.WriteString("$" + strconv.Itoa(i+1))
		} else {
			s.WriteByte('?')
		}
	}
	s.WriteString(")" + b.tail)
	return s.String()
}

// idSet gives any number of IDs as a set for IN, by one argument: the statement's text stays the same.
func idSet(tx *gorm.DB, ids []int64) expression {
	text := make([]byte, 0, 8*len(ids))
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, id, 10)
	}
	if tx.Name() == EnginePostgres {
		return expression{"(SELECT unnest(CAST(? AS bigint[])))", []any{"{" + string(text) + "}"}}
	}
	return expression{"(SELECT value FROM json_each(?))", []any{"[" + string(text) + "]"}}
}

// textSet gives any number of texts as a set for IN, likewise.
func textSet(tx *gorm.DB, texts []string) (expression, error) {
	list, err := json.Marshal(texts)
	if tx.Name() == EnginePostgres {
		return expression{"(SELECT jsonb_array_elements_text(CAST(? AS jsonb)))", []any{string(list)}}, err
	}
	return expression{"(SELECT value FROM json_each(?))", []any{string(list)}}, err
}
