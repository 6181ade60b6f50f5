package saga

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// types is about results and data that do not survive being kept as JSON.
func (l *linter) types() {
	const remedy = "change the type, or let it encode itself"
	if path, why := unreadable(l.o.dataType, nil); why != "" {
		l.find(whole, LintUnreadable, remedy, "the data is kept as JSON, and in %s%s %s", l.o.dataType, path, why)
	}
	for i, step := range l.o.steps {
		if path, why := unreadable(step.origin.result, nil); why != "" {
			l.find(i, LintUnreadable, remedy, "the result is kept as JSON for its compensation and later steps, and in %s%s %s",
				step.origin.result, path, why)
		}
	}
}

// unreadable tells why no value of a type, other than an empty one, comes back from JSON as it was, and in which of its
// fields; "" when that is not certain.
func unreadable(t reflect.Type, above []reflect.Type) (path, why string) {
	if t == nil || encodesItself(t) || slices.Contains(above, t) { // one that holds itself has been looked at
		return "", ""
	}
	above = append(above, t)
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return "", fmt.Sprintf("there is a %s, for which JSON has nothing", t.Kind())
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return "", fmt.Sprintf("there is %s, an interface with methods, into which JSON cannot be decoded", t)
		}
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return unreadable(t.Elem(), above)
	case reflect.Map:
		if !isKey(t.Key()) {
			return "", fmt.Sprintf("there is a map with keys of type %s, which JSON does not have", t.Key())
		}
		return unreadable(t.Elem(), above)
	case reflect.Struct:
		return unreadableStruct(t, above)
	default:
	}
	return "", ""
}

func unreadableStruct(t reflect.Type, above []reflect.Type) (path, why string) {
	kept := 0
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" && options == "" || !field.IsExported() && !field.Anonymous {
			continue
		}
		kept++
		if options != "" && strings.Contains(options, "omit") {
			continue // it may be one that is always left out
		}
		if path, why := unreadable(field.Type, above); why != "" {
			return "." + field.Name + path, why
		}
	}
	if kept == 0 && t.NumField() > 0 {
		return "", "no field is exported, so that nothing of it is kept"
	}
	return "", ""
}

func isKey(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	default:
		return t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	}
}

// encodesItself reports whether a type, or a pointer to it, has a say in how it is encoded or decoded.
func encodesItself(t reflect.Type) bool {
	for _, self := range []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler](),
		reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	} {
		if t.Implements(self) || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(self) {
			return true
		}
	}
	return false
}
