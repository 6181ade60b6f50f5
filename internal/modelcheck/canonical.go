package modelcheck

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

// canon writes instances in canonical form: every field of the Instance, unexported ones included, so that a field which
// comes later is part of it without a change here. Left out are
//
//   - the revision, because the world says itself whether a snapshot is the end of the log,
//   - the plan, which all sagas of a version share, unless an operator has given a saga one with other retry policies,
//   - the deadline of an attempt that is not open, which no decision reads,
//   - the instant of a deadline in the reason why a saga turned round, which is a text for people.
//
// Instants are written as their distance from now, at most the longest delay into the past: Decide compares them with
// now, with each other when they are in the future, and adds at most a delay to them, so it cannot tell two older ones
// apart.
type canon struct {
	buf      []byte
	now      time.Time
	versions []version                // of the shape
	layouts  map[reflect.Type][]field // of the structs that occurred
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
		switch {
		case v.IsNil():
		case v.Type() == reflect.TypeFor[*saga.Plan]():
			c.policies(v)
		default:
			c.value(v.Elem())
		}
	case reflect.Slice:
		c.bool(v.IsNil())
		c.buf = binary.AppendUvarint(c.buf, uint64(v.Len()))
		for i := range v.Len() {
			c.value(v.Index(i))
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		c.buf = binary.AppendUvarint(c.buf, uint64(len(keys)))
		for _, key := range keys {
			c.value(key)
			c.value(v.MapIndex(key))
		}
	case reflect.String:
		c.buf = binary.AppendUvarint(c.buf, uint64(v.Len()))
		c.buf = append(c.buf, v.String()...)
	case reflect.Bool:
		c.bool(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		if v.Type().String() == "saga.moment" { // microseconds since the zero time
			c.instant(time.UnixMicro(v.Int() + time.Time{}.UnixMicro()))
			return
		}
		c.buf = binary.AppendVarint(c.buf, v.Int())
	case reflect.Float64:
		c.buf = binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(v.Float()))
	case reflect.Uint8:
		c.buf = append(c.buf, byte(v.Uint()))
	default:
		panic(fmt.Sprintf("the canonical form of a saga has no words for a %s yet: add them", v.Type()))
	}
}

// policies writes those of the plan of a saga, if they are not those of its version.
func (c *canon) policies(plan reflect.Value) {
	own := !slices.ContainsFunc(c.versions, func(v version) bool { return plan.Pointer() == reflect.ValueOf(v.plan).Pointer() })
	if c.bool(own); !own {
		return
	}
	steps := plan.Elem().FieldByName("Steps")
	for i := range steps.Len() {
		for _, policy := range []string{"Action", "Compensation"} {
			c.value(steps.Index(i).FieldByName(policy))
		}
	}
}

func (c *canon) structure(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		c.instant(*(*time.Time)(v.Addr().UnsafePointer()))
		return
	}
	for _, f := range c.layout(v.Type()) {
		switch {
		case f.unless != nil && !v.FieldByIndex(f.unless).Bool():
		case f.reason:
			why, _, _ := strings.Cut(v.Field(f.at).String(), " passed at ")
			c.buf = append(binary.AppendUvarint(c.buf, uint64(len(why))), why...)
		default:
			c.value(v.Field(f.at))
		}
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
