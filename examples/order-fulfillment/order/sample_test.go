package order_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
)

var update = flag.Bool("update", false, "write orders.jsonl anew from the samples")

const ordersFile = "../orders.jsonl"

func TestTheOrdersFileHoldsTheSamples(t *testing.T) {
	const count = 260
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	for n := 1; n <= count; n++ {
		require.NoError(t, encoder.Encode(order.Sample(n)))
	}
	if *update {
		require.NoError(t, os.WriteFile(ordersFile, want.Bytes(), 0o644))
	}
	got, err := os.ReadFile(ordersFile)
	require.NoError(t, err)
	require.Equal(t, want.String(), string(got), "run this test with -update to write the file anew")
}

func TestTheOrdersFileFailsInEveryWay(t *testing.T) {
	file, err := os.Open(ordersFile)
	require.NoError(t, err)
	defer file.Close()
	batch, err := order.ReadBatch(file)
	require.NoError(t, err)
	require.Empty(t, batch.Broken)
	require.Empty(t, batch.Repeated)
	require.GreaterOrEqual(t, len(batch.Orders), 240)

	s := openShop(t)
	refusals := map[error]int{}
	outcomes := map[string]bool{}
	skus, names, cities := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range batch.Orders {
		err := fulfil(t, s, o)
		outcomes[o.ID] = err == nil
		names[o.Customer.Name], cities[o.Address.City] = true, true
		for _, item := range o.Items {
			skus[item.SKU] = true
		}
		for _, e := range effects() {
			if errors.Is(err, e.refusal) {
				refusals[e.refusal]++
			}
		}
	}
	for _, e := range effects() {
		require.Equal(t, len(batch.Orders)/20, refusals[e.refusal], "orders that end with %v", e.refusal)
	}
	report := s.check(t, outcomes)
	require.NoError(t, report.Err())
	require.Equal(t, len(batch.Orders)*4/5, report.Fulfilled)
	require.GreaterOrEqual(t, len(skus), 30)
	require.GreaterOrEqual(t, len(names), 150)
	require.GreaterOrEqual(t, len(cities), 20)
}

func TestSamplesAreValidForEver(t *testing.T) {
	for _, n := range []int{1, 2, 1000, 1_000_000, 2_000_000_000} {
		for i := range 200 {
			o := order.Sample(n + i)
			require.NoError(t, o.Validate())
			require.Equal(t, o, order.Sample(n+i))
		}
	}
}
