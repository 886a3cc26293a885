package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// CountUsers counts the accounts of staff, disabled ones included.
func (s *Store) CountUsers(ctx context.Context) (int, error) {
	var n int64
	err := s.ask(ctx).Model(&models.User{}).Count(&n).Error
	return int(n), failed("count users", err)
}

// CreateUser adds an account; ErrConflict when the address has one. CreatedAt is the caller's.
func (s *Store) CreateUser(ctx context.Context, u models.User) (models.User, error) {
	err := s.write(ctx, "create a user", u.CreatedAt, func(tx *gorm.DB) error { return createUser(tx, &u) })
	return u, err
}

func createUser(tx *gorm.DB, u *models.User) error {
	u.ID = 0
	return tx.Clauses(clause.Returning{}).Create(u).Error
}

// UserByEmail gives the account of an address in lower case, disabled or not.
func (s *Store) UserByEmail(ctx context.Context, email string) (models.User, error) {
	var u models.User
	err := s.ask(ctx).Where("email = ?", email).Take(&u).Error
	return u, failed("user", err)
}

// UserByID gives an account, disabled or not.
func (s *Store) UserByID(ctx context.Context, id int64) (models.User, error) {
	u, err := one[models.User](s.ask(ctx), id)
	return u, failed("user", err)
}

// Users gives all accounts by address.
func (s *Store) Users(ctx context.Context) ([]models.User, error) {
	var users []models.User
	return users, failed("users", s.ask(ctx).Order("email").Find(&users).Error)
}

// SetPassword replaces the hash of a password.
func (s *Store) SetPassword(ctx context.Context, id int64, hash string, now time.Time) error {
	return s.setOnUser(ctx, "set a password", id, map[string]any{"password_hash": hash, "updated_at": now})
}

// DisableUser ends what an account may do; one that was disabled before keeps its instant.
func (s *Store) DisableUser(ctx context.Context, id int64, now time.Time) error {
	return s.setOnUser(ctx, "disable a user", id, map[string]any{"disabled_at": gorm.Expr("COALESCE(disabled_at, ?)", now), "updated_at": now})
}

// TouchLogin notes that somebody signed in.
func (s *Store) TouchLogin(ctx context.Context, id int64, now time.Time) error {
	return s.setOnUser(ctx, "touch a login", id, map[string]any{"last_login_at": now})
}

func (s *Store) setOnUser(ctx context.Context, op string, id int64, set map[string]any) error {
	q := s.writer.WithContext(ctx).Model(&models.User{}).Where("id = ?", id).UpdateColumns(set)
	return failed(op, changedOne(q, models.ErrNotFound))
}

// CreateSetupToken stores a way to set a first password.
func (s *Store) CreateSetupToken(ctx context.Context, t models.SetupToken) error {
	return s.write(ctx, "create a setup token", t.CreatedAt, func(tx *gorm.DB) error {
		t.ID = 0
		return tx.Create(&t).Error
	})
}

// usable narrows a question on setup tokens to one that can be used at now.
func usable(q *gorm.DB, hash string, now time.Time) *gorm.DB {
	return q.Where("hash = ? AND used_at IS NULL AND expires_at > ?", hash, now)
}

// SetupToken gives the token of a hash; ErrNotFound when it is unknown, used or expired.
func (s *Store) SetupToken(ctx context.Context, hash string, now time.Time) (models.SetupToken, error) {
	var t models.SetupToken
	err := usable(s.ask(ctx), hash, now).Take(&t).Error
	return t, failed("setup token", err)
}

// UseSetupToken uses a token up and creates the account, in one transaction: of several calls with one token, one succeeds and the others
// get ErrNotFound. A token without an address is for the first administrator: ErrConflict when there is an account by now.
func (s *Store) UseSetupToken(ctx context.Context, hash string, u models.User, now time.Time) (models.User, error) {
	u.CreatedAt, u.UpdatedAt = now, now
	err := s.write(ctx, "use a setup token", now, func(tx *gorm.DB) error {
		used := usable(tx.Model(&models.SetupToken{}), hash, now).UpdateColumn("used_at", now)
		if err := changedOne(used, models.ErrNotFound); err != nil {
			return err
		}
		var t models.SetupToken
		if err := tx.Where("hash = ?", hash).Take(&t).Error; err != nil {
			return err
		}
		if t.Email == "" {
			if err := onlyAccount(tx); err != nil {
				return err
			}
		}
		return createUser(tx, &u)
	})
	return u, err
}

// setupLock is the PostgreSQL advisory lock under which the first administrator is made.
const setupLock = 727004

// onlyAccount holds the place of the first account until the transaction ends; ErrConflict when there is one.
func onlyAccount(tx *gorm.DB) error {
	if tx.Name() == EnginePostgres {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", setupLock).Error; err != nil {
			return err
		}
	}
	var n int64
	if err := tx.Model(&models.User{}).Count(&n).Error; err != nil {
		return err
	}
	if n > 0 {
		return models.ErrConflict
	}
	return nil
}
