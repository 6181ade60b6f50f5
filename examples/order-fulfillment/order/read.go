package order

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/skaldgo/skald/saga"
)

// MaxLineBytes limits one line of an orders file.
const MaxLineBytes = saga.MaxPayloadBytes

var (
	// ErrRepeated: the same order stands on an earlier line as well. It is one order, and one saga.
	ErrRepeated = errors.New("repeated order")
	// ErrContradicted: an earlier line has the same id with other data.
	ErrContradicted = errors.New("another order has the same id")
)

// LineError says what is wrong with one line. Err is an *InvalidError or a *RepeatError where it can be.
type LineError struct {
	// Line counts from 1.
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// RepeatError is an id that an earlier line has already used. It matches ErrRepeated or ErrContradicted.
type RepeatError struct {
	ID        string
	FirstLine int
	SameData  bool
}

func (e *RepeatError) Error() string {
	if e.SameData {
		return fmt.Sprintf("order %q repeats line %d", e.ID, e.FirstLine)
	}
	return fmt.Sprintf("order %q differs from line %d, which has the same id", e.ID, e.FirstLine)
}

// Is makes errors.Is match the sentinel of the kind.
func (e *RepeatError) Is(target error) bool {
	return target == ErrRepeated && e.SameData || target == ErrContradicted && !e.SameData
}

// ReadOrders yields the orders of JSON lines, in order. A line that holds no valid order is yielded as a *LineError in
// its place and the lines after it go on; blank lines are passed over. Any other error is one of reading and the last
// thing yielded. An id is yielded as an order once: its later lines are *LineErrors that match ErrRepeated or
// ErrContradicted. The sequence can be used once, and the caller owns the orders.
func ReadOrders(r io.Reader) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		lines := bufio.NewReaderSize(r, 64<<10)
		seen := map[string]firstSeen{}
		for number := 1; ; number++ {
			line, err := readLine(lines)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !errors.Is(err, errLongLine) {
				yield(Order{}, fmt.Errorf("read line %d: %w", number, err))
				return
			}
			if number == 1 {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			if line = bytes.TrimSpace(line); err == nil && len(line) == 0 {
				continue
			}
			var order Order
			if err == nil {
				order, err = parse(line)
			}
			if err == nil {
				err = noteFirst(seen, order, number)
			}
			if err != nil {
				order, err = Order{}, &LineError{Line: number, Err: err}
			}
			if !yield(order, err) {
				return
			}
		}
	}
}

type firstSeen struct {
	line  int
	order Order
}

func noteFirst(seen map[string]firstSeen, order Order, line int) error {
	first, repeated := seen[order.ID]
	if repeated {
		return &RepeatError{ID: order.ID, FirstLine: first.line, SameData: reflect.DeepEqual(first.order, order)}
	}
	kept := order
	kept.Items = append([]Item(nil), order.Items...)
	seen[order.ID] = firstSeen{line, kept}
	return nil
}

var errLongLine = fmt.Errorf("the line has more than %d bytes", MaxLineBytes)

// readLine returns the next line, errLongLine after passing over one that is too long, or io.EOF when there is none.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if !long {
			line = append(line, part...)
		}
		if len(bytes.TrimSuffix(line, []byte("\n"))) > MaxLineBytes {
			long, line = true, nil
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (long || len(line) > 0):
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLongLine
		}
		return line, nil
	}
}

func parse(line []byte) (Order, error) {
	if !utf8.Valid(line) {
		return Order{}, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var order Order
	if err := decoder.Decode(&order); err != nil {
		return Order{}, plainJSONError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Order{}, errors.New("something follows the order on the same line")
	}
	if err := order.Validate(); err != nil {
		return Order{}, err
	}
	return order, nil
}

// plainJSONError says what encoding/json found in terms of the file instead of Go.
func plainJSONError(err error) error {
	var mismatch *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &mismatch):
		field := mismatch.Field
		if field == "" {
			field = "the line"
		}
		return fmt.Errorf("%s is a JSON %s, it must be %s", field, mismatch.Value, jsonKind(mismatch.Type))
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %w at byte %d", err, syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not JSON: the line ends too early")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "an object"
	default:
		return "a whole number"
	}
}
