package store

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keptText is how many bytes of SQL the statements may have together that one connection to SQLite keeps. What SQLite makes of a text takes
// some ten times its length, so a connection keeps a few megabytes.
const keptText = 256 << 10

// keptTextEach is the longest text that is worth keeping: longer ones are lists of values that hardly come twice.
const keptTextEach = 32 << 10

// keepingConnector makes connections to SQLite that keep the statements they have prepared: the driver would have SQLite read the same text
// again for every question, which takes longer than most answers. PostgreSQL's driver keeps them by itself.
type keepingConnector struct{ driver.Connector }

// Connect opens a connection.
func (c keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	plain, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, fits := plain.(sqliteConn)
	if !fits {
		return nil, errors.Join(fmt.Errorf("the driver's connection %T can't do what is needed of it", plain), plain.Close())
	}
	return &keepingConn{sqliteConn: conn, kept: map[string]*list.Element{}}, nil
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is what the driver's statements can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteRows is what the driver's rows can do.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keepingConn is a connection that keeps its statements, those used last. Like every connection of a driver it is used by one goroutine at a
// time. A statement whose rows are still being read is not used a second time meanwhile, and one that failed is not kept.
type keepingConn struct {
	sqliteConn
	kept  map[string]*list.Element // of *keptStmt, by text
	order list.List                // the one used last first
	size  int                      // bytes of text
}

type keptStmt struct {
	sqliteStmt
	text string
	busy bool
}

// ExecContext runs a statement.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	result, err := s.ExecContext(ctx, args)
	if err != nil {
		return nil, c.failed(s, err)
	}
	return result, nil
}

// QueryContext asks for rows.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, c.failed(s, err)
	}
	full, fits := rows.(sqliteRows)
	if !fits {
		return nil, errors.Join(fmt.Errorf("the driver's rows %T can't do what is needed of them", rows), rows.Close(), c.drop(s))
	}
	s.busy = true
	return &keptRows{sqliteRows: full, of: s, conn: c}, nil
}

// statement gives the statement of a text; nil: it is in use, or not one to keep.
func (c *keepingConn) statement(ctx context.Context, query string) (*keptStmt, error) {
	if e, known := c.kept[query]; known {
		s := e.Value.(*keptStmt)
		if s.busy {
			return nil, nil //nolint:nilnil // told apart by the caller
		}
		c.order.MoveToFront(e)
		return s, nil
	}
	if len(query) > keptTextEach {
		return nil, nil //nolint:nilnil // told apart by the caller
	}
	plain, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, fits := plain.(sqliteStmt)
	if !fits {
		return nil, errors.Join(fmt.Errorf("the driver's statement %T can't do what is needed of it", plain), plain.Close())
	}
	s := &keptStmt{sqliteStmt: full, text: query}
	c.kept[query] = c.order.PushFront(s)
	c.size += len(query)
	return s, c.trim()
}

// trim forgets the statements that were not used for longest, until the rest are few enough.
func (c *keepingConn) trim() error {
	for e := c.order.Back(); e != nil && c.size > keptText; {
		s := e.Value.(*keptStmt)
		e = e.Prev()
		if s.busy {
			continue
		}
		if err := c.drop(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *keepingConn) drop(s *keptStmt) error {
	e, known := c.kept[s.text]
	if !known || e.Value != s {
		return nil
	}
	c.order.Remove(e)
	delete(c.kept, s.text)
	c.size -= len(s.text)
	return s.Close()
}

// failed drops a statement that failed, and gives the error as it was: whoever reads it asks for its type.
func (c *keepingConn) failed(s *keptStmt, err error) error {
	if closing := c.drop(s); closing != nil {
		return errors.Join(err, closing)
	}
	return err
}

// Close ends the connection and its statements.
func (c *keepingConn) Close() error {
	var failed []error
	for e := c.order.Front(); e != nil; e = c.order.Front() {
		failed = append(failed, c.drop(e.Value.(*keptStmt)))
	}
	return errors.Join(append(failed, c.sqliteConn.Close())...)
}

// keptRows are the rows of a statement that is free again once they are closed.
type keptRows struct {
	sqliteRows
	of   *keptStmt
	conn *keepingConn
}

// Close ends the rows.
func (r *keptRows) Close() error {
	r.of.busy = false
	err := r.sqliteRows.Close()
	if err != nil {
		return r.conn.failed(r.of, err)
	}
	return nil
}
