package modelcheck

import (
	"reflect"

	"github.com/skaldgo/skald/saga"
)

// field is one of a struct that is part of the canonical form.
type field struct {
	at     int
	unless []int // where the struct says whether an attempt is open, for a deadline that counts only then
	reason bool  // it is why a saga turned round
}

// layout returns the fields of a type of struct that are written, in their order. To look them up by their names for every
// instance would take longer than to write them.
func (c *canon) layout(t reflect.Type) []field {
	if known, is := c.layouts[t]; is {
		return known
	}
	instance := t == reflect.TypeFor[saga.Instance]()
	open, opens := t.FieldByName("open")
	var fields []field
	for i := range t.NumField() {
		f, name := field{at: i}, t.Field(i).Name
		if instance && name == "revision" {
			continue
		}
		if opens && name == "deadline" {
			f.unless = open.Index
		}
		f.reason = instance && name == "reason"
		fields = append(fields, f)
	}
	c.layouts[t] = fields
	return fields
}
