package modelcheck

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"time"

	"github.com/skaldgo/skald/saga"
)

// canon writes instances in canonical form: every field of the Instance, unexported ones included, so that a field which
// comes later is part of it without a change here. Left out are
//
//   - the revision, because the world says itself whether a snapshot is the end of the log,
//   - the plan, which all sagas of a shape share and nobody modifies,
//   - the deadline of an attempt that is not open, which no decision reads.
//
// Instants are written as their distance from now, at most the longest delay into the past: Decide compares them with
// now, with each other when they are in the future, and adds at most a delay to them, so it cannot tell two older ones
// apart.
type canon struct {
	buf []byte
	now time.Time
}

// instance returns the canonical form, valid until the next call.
func (c *canon) instance(in *saga.Instance, now time.Time) []byte {
	c.buf, c.now = c.buf[:0], now
	c.value(reflect.ValueOf(in).Elem())
	return c.buf
}

func (c *canon) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		c.structure(v)
	case reflect.Pointer:
		c.bool(!v.IsNil())
		if !v.IsNil() && v.Type() != reflect.TypeFor[*saga.Plan]() {
			c.value(v.Elem())
		}
	case reflect.Slice:
		c.bool(v.IsNil())
		c.buf = binary.AppendUvarint(c.buf, uint64(v.Len()))
		for i := range v.Len() {
			c.value(v.Index(i))
		}
	case reflect.String:
		c.buf = binary.AppendUvarint(c.buf, uint64(v.Len()))
		c.buf = append(c.buf, v.String()...)
	case reflect.Bool:
		c.bool(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		c.buf = binary.AppendVarint(c.buf, v.Int())
	case reflect.Uint8:
		c.buf = append(c.buf, byte(v.Uint()))
	default:
		panic(fmt.Sprintf("the canonical form of a saga has no words for a %s yet: add them", v.Type()))
	}
}

func (c *canon) structure(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		c.instant(*(*time.Time)(v.Addr().UnsafePointer()))
		return
	}
	t := v.Type()
	for i := range v.NumField() {
		name := t.Field(i).Name
		if t == reflect.TypeFor[saga.Instance]() && name == "revision" {
			continue
		}
		if open := v.FieldByName("open"); name == "deadline" && open.IsValid() && !open.Bool() {
			continue
		}
		c.value(v.Field(i))
	}
}

func (c *canon) instant(t time.Time) {
	c.bool(!t.IsZero())
	if !t.IsZero() {
		c.buf = binary.AppendVarint(c.buf, int64(max(t.Sub(c.now), -delay)))
	}
}

func (c *canon) bool(b bool) {
	if b {
		c.buf = append(c.buf, 1)
	} else {
		c.buf = append(c.buf, 0)
	}
}
