package projectorcli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
)

func TestNoTwoOrdersHaveTheSameID(t *testing.T) {
	long := order.Sample(1)
	long.ID = strings.Repeat("é", 100)
	longer := order.Sample(2)
	longer.ID = long.ID[:198] + "x"
	seen := map[string]bool{}
	for range 3 { // runs
		for _, from := range [][]order.Order{nil, {order.Sample(1), order.Sample(2)}, {long, longer}} {
			source := newOrderSource()
			source.from = from
			for range 50 {
				o := source.next()
				require.False(t, seen[o.ID], o.ID)
				seen[o.ID] = true
				require.NoError(t, o.Validate())
			}
		}
	}
}
