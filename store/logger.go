package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// slowStatement is from when on a statement is worth a line in the log.
const slowStatement = time.Second

func gormConfig(l *slog.Logger) *gorm.Config {
	return &gorm.Config{
		Logger:                 &quietLogger{l},
		TranslateError:         true,
		SkipDefaultTransaction: true, // write opens one explicitly
		DisableAutomaticPing:   true,
	}
}

// quietLogger passes on what nobody expects: slow statements and errors that are not answers. It never sees values.
type quietLogger struct{ to *slog.Logger }

// LogMode does nothing: what is said does not depend on a mode.
func (l *quietLogger) LogMode(logger.LogLevel) logger.Interface { return l }

// Info drops gorm's chatter.
func (l *quietLogger) Info(context.Context, string, ...any) {}

// Warn passes on the text of a warning, not its values.
func (l *quietLogger) Warn(ctx context.Context, msg string, _ ...any) {
	l.to.WarnContext(ctx, "database", "warning", msg)
}

// Error passes on the text of an error, not its values.
func (l *quietLogger) Error(ctx context.Context, msg string, _ ...any) {
	l.to.WarnContext(ctx, "database", "error", msg)
}

// ParamsFilter keeps values out of what Trace sees.
func (l *quietLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace is told of every statement.
func (l *quietLogger) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
	took := time.Since(begin) //nolint:forbidigo // how long the database took, for the log only; nothing is decided by it
	switch {
	case err != nil && !expected(err):
		text, _ := statement()
		l.to.WarnContext(ctx, "a database statement failed", "statement", text, "took", took, "error", err)
	case took > slowStatement:
		text, rows := statement()
		l.to.WarnContext(ctx, "a database statement was slow", "statement", text, "rows", rows, "took", took)
	}
}

// expected says whether an error is an answer that the methods translate, or the caller's own wish to stop.
func expected(err error) bool {
	for _, known := range []error{
		gorm.ErrRecordNotFound, gorm.ErrDuplicatedKey, gorm.ErrForeignKeyViolated, gorm.ErrCheckConstraintViolated,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return isSQLiteCheck(err) || isSQLiteBusy(err)
}
