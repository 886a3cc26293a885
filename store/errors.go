package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// failed wraps an error with the operation, and the database's conditions with the sentinels that callers know. A nil error stays nil.
func failed(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrConflict), errors.Is(err, models.ErrInvalid):
		return fmt.Errorf("store: %s: %w", op, err)
	case errors.Is(err, gorm.ErrRecordNotFound):
		return fmt.Errorf("store: %s: %w", op, models.ErrNotFound)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fmt.Errorf("store: %s: the key is taken: %w", op, models.ErrConflict)
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		return fmt.Errorf("store: %s: a row that it refers to: %w", op, models.ErrNotFound)
	case errors.Is(err, gorm.ErrCheckConstraintViolated), isSQLiteCheck(err):
		return fmt.Errorf("store: %s: a value outside its range: %w", op, models.ErrInvalid)
	}
	return fmt.Errorf("store: %s: %w", op, err)
}

// The conditions of SQLite that its dialect leaves untranslated (https://sqlite.org/rescode.html).
const (
	sqliteBusy            = 5
	sqliteConstraintCheck = 275
)

func isSQLiteCheck(err error) bool { return sqliteCode(err) == sqliteConstraintCheck }

// isSQLiteBusy tells a file that others hold, in any of the ways that SQLite distinguishes.
func isSQLiteBusy(err error) bool { return sqliteCode(err)&0xff == sqliteBusy }

func sqliteCode(err error) int {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return coded.Code()
	}
	return 0
}

// changedOne turns "no row was changed" into the given condition.
func changedOne(result *gorm.DB, otherwise error) error {
	if result.Error != nil {
		return result.Error
	}
	if result.RowsAffected == 0 {
		return otherwise
	}
	return nil
}

// changedOrConflict tells a row that is missing from one that is in another state than the change asks for.
func changedOrConflict(tx, result *gorm.DB, model any, id int64) error {
	if result.Error != nil || result.RowsAffected > 0 {
		return result.Error
	}
	var found int64
	if err := tx.Model(model).Where("id = ?", id).Count(&found).Error; err != nil {
		return err
	}
	if found == 0 {
		return models.ErrNotFound
	}
	return models.ErrConflict
}
