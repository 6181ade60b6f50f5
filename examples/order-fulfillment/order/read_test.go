package order_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
)

func line(t *testing.T, o order.Order) string {
	t.Helper()
	encoded, err := json.Marshal(o)
	require.NoError(t, err)
	return string(encoded)
}

func TestABrokenLineIsNamedAndTheOthersGoOn(t *testing.T) {
	good := line(t, sound("A"))
	replaced := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	tests := []struct{ name, line, says string }{
		{"no JSON", "order A please", "not JSON: invalid character 'o' looking for beginning of value at byte 1"},
		{"half a line", good[:40], "not JSON: the line ends too early"},
		{"two orders on a line", good + good, "something follows the order on the same line"},
		{"a list", "[]", "the line is a JSON array, it must be an object"},
		{"null", "null", "id is missing; customer.name is missing; customer.email is missing; items is missing or empty; " +
			"payment.card_token is missing; address.street is missing; address.city is missing; address.country is missing"},
		{"no id", replaced(`"id":"A",`, ""), "id is missing"},
		{"an empty id", replaced(`"id":"A"`, `"id":""`), "id is missing"},
		{"a long id", replaced(`"id":"A"`, `"id":"`+strings.Repeat("x", 201)+`"`), "has 201 bytes, the limit is 200"},
		{"an id with a control character", replaced(`"id":"A"`, `"id":"A\u0007"`), "control characters"},
		{"an SKU that moves the cursor", replaced("MUG-STONEWARE", `MUG\u001b[2J`), `items[0].sku "MUG\x1b[2J" holds control characters`},
		{"a number as id", replaced(`"id":"A"`, `"id":7`), "id is a JSON number, it must be a string"},
		{"an unknown field", replaced(`"id"`, `"prio":1,"id"`), `unknown field "prio"`},
		{"a negative quantity", replaced(`"quantity":2`, `"quantity":-2`), "items[0].quantity is -2, it must be between 1 and 1000000"},
		{"a quantity of no whole number", replaced(`"quantity":2`, `"quantity":2.5`), "items.quantity is a JSON number 2.5, it must be a whole number"},
		{"a missing price", replaced(`,"unit_price":1650`, ""), "items[0].unit_price is 0, it must be between 1 and 1000000000"},
		{"no sku", replaced(`"sku":"TEA-ASSAM-250",`, ""), "items[1].sku is missing"},
		{"no items", replaced(`"items":[{"sku":"MUG-STONEWARE","quantity":2,"unit_price":1650},{"sku":"TEA-ASSAM-250","quantity":3,"unit_price":990}]`,
			`"items":[]`), "items is missing or empty"},
		{"sums without end", replaced(`"quantity":2,"unit_price":1650`, `"quantity":1000000,"unit_price":1000000000`), "the limit is 1000000000000"},
		{"no e-mail", replaced("zoe@example.com", "zoe"), `customer.email "zoe" is no e-mail address`},
		{"an unknown kind of country", replaced(`"DE"`, `"Germany"`), `address.country is "Germany", it must be two capital letters`},
		{"bytes that are no text", replaced("Zoë", "Zo\xeb"), "not UTF-8"},
		{"a line without end", replaced("Zoë", strings.Repeat("z", order.MaxLineBytes)), "the line has more than 262144 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input := line(t, sound("before")) + "\n\n" + test.line + "\n" + line(t, sound("after"))
			batch, err := order.ReadBatch(strings.NewReader(input))
			require.NoError(t, err)
			require.Equal(t, []order.Order{sound("before"), sound("after")}, batch.Orders)
			require.Len(t, batch.Broken, 1)
			require.Equal(t, 3, batch.Broken[0].Line)
			require.ErrorContains(t, batch.Broken[0], "line 3: ")
			require.ErrorContains(t, batch.Broken[0], test.says)
			require.Empty(t, batch.Repeated)
		})
	}
}

func TestARepeatedIDIsOneOrderOrAContradiction(t *testing.T) {
	changed := sound("A")
	changed.Items[0].Quantity = 9
	spaced := strings.ReplaceAll(line(t, sound("A")), `":`, `" : `)
	input := strings.Join([]string{line(t, sound("A")), line(t, sound("B")), spaced, line(t, changed)}, "\n") + "\n"

	batch, err := order.ReadBatch(strings.NewReader(input))
	require.NoError(t, err)
	require.Equal(t, []order.Order{sound("A"), sound("B")}, batch.Orders)
	require.Len(t, batch.Repeated, 1)
	require.ErrorIs(t, batch.Repeated[0], order.ErrRepeated)
	require.EqualError(t, batch.Repeated[0], `line 3: order "A" repeats line 1`)
	require.Len(t, batch.Broken, 1)
	require.ErrorIs(t, batch.Broken[0], order.ErrContradicted)
	require.EqualError(t, batch.Broken[0], `line 4: order "A" differs from line 1, which has the same id`)
}

func TestTheReaderTakesFilesAsEditorsWriteThem(t *testing.T) {
	input := "\ufeff" + line(t, sound("A")) + "\r\n\r\n   \n" + line(t, sound("B"))
	batch, err := order.ReadBatch(iotest.OneByteReader(strings.NewReader(input)))
	require.NoError(t, err)
	require.Equal(t, []order.Order{sound("A"), sound("B")}, batch.Orders)
	require.Empty(t, batch.Broken)
}

func TestAnErrorOfReadingEndsTheSequence(t *testing.T) {
	broken := errors.New("the disk is gone")
	input := line(t, sound("A")) + "\n" + line(t, sound("B"))[:20]
	batch, err := order.ReadBatch(io.MultiReader(strings.NewReader(input), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "read line 2")
	require.Equal(t, []order.Order{sound("A")}, batch.Orders)
}

func TestTheLoopMayEndEarly(t *testing.T) {
	for o, err := range order.ReadOrders(strings.NewReader(line(t, sound("A")) + "\n" + line(t, sound("B")))) {
		require.NoError(t, err)
		require.Equal(t, "A", o.ID)
		break
	}
}

// FuzzReadOrders: whatever a file of orders holds, each line is yielded as a valid order that survives being written, or
// reported once under its number, in order; and no id is yielded twice.
func FuzzReadOrders(f *testing.F) {
	file, err := os.ReadFile("../orders.jsonl")
	require.NoError(f, err)
	lines := bytes.SplitAfter(file, []byte("\n"))
	f.Add(bytes.Join(lines[:3], nil))
	f.Add(bytes.Join([][]byte{lines[0], lines[0], []byte("{}\n"), []byte("null")}, nil))
	f.Add([]byte("\ufeff{\"id\":1}\r\n[]\n\n\xff"))
	f.Fuzz(func(t *testing.T, input []byte) {
		seen, last := map[string]bool{}, 0
		for o, err := range order.ReadOrders(bytes.NewReader(input)) {
			if broken, isLine := errors.AsType[*order.LineError](err); isLine {
				require.Greater(t, broken.Line, last, "lines are reported once and in order")
				last = broken.Line
				continue
			}
			require.NoError(t, err)
			require.NoError(t, o.Validate())
			require.False(t, seen[o.ID], "an id is yielded once")
			seen[o.ID] = true
			require.Positive(t, o.Total())
			encoded, err := json.Marshal(o)
			require.NoError(t, err)
			again, err := order.ReadBatch(bytes.NewReader(encoded))
			require.NoError(t, err)
			require.Equal(t, []order.Order{o}, again.Orders)
		}
		require.LessOrEqual(t, last, bytes.Count(input, []byte("\n"))+1)
	})
}
