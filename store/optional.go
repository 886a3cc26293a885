package store

import (
	"context"
	"fmt"
	"reflect"

	"gorm.io/gorm/schema"
)

// optional keeps an ID of zero as NULL: a row that refers to nothing.
type optional struct{}

func init() { schema.RegisterSerializer("optional", optional{}) } //nolint:gochecknoinits // gorm knows serializers by name

// Scan reads NULL as zero.
func (optional) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, value any) error {
	switch id := value.(type) {
	case nil:
		return field.Set(ctx, dst, int64(0))
	case int64:
		return field.Set(ctx, dst, id)
	}
	return fmt.Errorf("column %s holds a %T, not an ID", field.DBName, value)
}

// Value writes zero as NULL.
func (optional) Value(_ context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	if id, ok := value.(int64); ok && id != 0 {
		return id, nil
	}
	return nil, nil //nolint:nilnil // NULL
}
