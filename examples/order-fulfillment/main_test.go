package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// childData, when it is set, makes the test binary the program itself on that data directory, so that it can be killed.
const childData = "ORDER_FULFILLMENT_TEST_DATA"

func TestMain(m *testing.M) {
	if data := os.Getenv(childData); data != "" {
		os.Exit(run(context.Background(), []string{"--data", data}, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// program runs the program and returns what it said.
func program(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

// ordersFile writes lines to a file; orders become JSON, strings stay as they are.
func ordersFile(t *testing.T, lines ...any) string {
	t.Helper()
	var text strings.Builder
	for _, line := range lines {
		if o, isOrder := line.(order.Order); isOrder {
			encoded, err := json.Marshal(o)
			require.NoError(t, err)
			line = string(encoded)
		}
		text.WriteString(line.(string) + "\n")
	}
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	return path
}

func TestTheSampleOrdersAreFulfilledOrUndone(t *testing.T) {
	data := filepath.Join(t.TempDir(), "deep", "data")
	code, out, errs := program(t.Context(), "--data", data, "--orders", "orders.jsonl")
	require.Zero(t, code, out+errs)
	require.Empty(t, errs)
	require.Contains(t, out, "260 orders from orders.jsonl; sagas and books are kept in "+data)
	require.Contains(t, out, "260 orders: 208 completed, 52 failed\n")
	for _, why := range []string{
		"reserve_inventory: no stock", "process_payment: card declined",
		"create_shipment: undeliverable address", "send_confirmation: message bounced",
	} {
		require.Contains(t, out, "    13  "+why+"\n")
	}
	require.Contains(t, out, "books balance: 208 orders fulfilled, 52 undone\n")
	require.Regexp(t, `ORD-000001 +completed +4 +0 +[0-9.]+(ms|s) *\n`, out)
	require.Regexp(t, `ORD-\d+ +failed +3 +3 +[0-9.]+(ms|s) +send_confirmation: message bounced`, out)
	require.Equal(t, 260, strings.Count(out, " ORD-"))

	code, again, errs := program(t.Context(), "--data", data)
	require.Zero(t, code, errs)
	require.Equal(t, out, again, "what was done stays done")
}

func TestFaultsChangeOutcomesButNeverTheBalance(t *testing.T) {
	var lines []any
	for n := 1; n <= 60; n++ {
		lines = append(lines, order.Sample(n))
	}
	code, out, errs := program(t.Context(), "--data", t.TempDir(), "--orders", ordersFile(t, lines...),
		"--fail-rate", "0.3", "--workers", "50")
	require.Zero(t, code, out+errs)
	require.Contains(t, out, ": injected fault")
	require.Contains(t, out, "books balance: ")
}

func TestInterruptedAgainAndAgainItEndsAllTheSame(t *testing.T) {
	data := t.TempDir()
	interrupted := 0
	// Four times at most: a step that is cut off five times is left to a person.
	for patience := 20 * time.Millisecond; interrupted < 4; patience *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		code, _, errs := program(ctx, "--data", data)
		cancel()
		if code == exitOK {
			break
		}
		require.Equal(t, exitWrong, code)
		require.Equal(t, "order-fulfillment: interrupted; run it again with --data "+data+", and it goes on\n", errs)
		interrupted++
	}
	require.Positive(t, interrupted)
	code, out, errs := program(t.Context(), "--data", data)
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "260 orders: 208 completed, 52 failed\n")
	require.Contains(t, out, "books balance: 208 orders fulfilled, 52 undone\n")
}

func TestWhatAnEarlierRunLeftOpenIsFinished(t *testing.T) {
	data := t.TempDir()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(data, "events.db")})
	require.NoError(t, err)
	services, err := order.Open(t.Context(), order.Config{Path: filepath.Join(data, "services.db")})
	require.NoError(t, err)
	earlier, err := saga.New(saga.Config{Store: store, Definitions: []saga.AnyDefinition{
		order.Definition(services, order.Options{}),
	}})
	require.NoError(t, err)
	for n := 101; n <= 120; n++ {
		_, err := earlier.Start(t.Context(), order.Name, order.Sample(n).ID, order.Sample(n))
		require.NoError(t, err)
	}
	require.NoError(t, services.Close())
	require.NoError(t, store.Close())

	code, out, errs := program(t.Context(), "--data", data, "--orders", ordersFile(t, order.Sample(1)))
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "1 orders: 1 completed\n")
	require.Contains(t, out, "books balance: 17 orders fulfilled")
}

func TestBrokenLinesAreNamed(t *testing.T) {
	contradicted := order.Sample(2)
	contradicted.Customer.Name = "Somebody Else"
	file := ordersFile(t, order.Sample(1), "no order", order.Sample(2), order.Sample(1), contradicted)
	says := file + `: line 4: order "ORD-000001" repeats line 1
` + file + `: line 2: not JSON: invalid character 'o' in literal null (expecting 'u') at byte 2
` + file + `: line 5: order "ORD-000002" differs from line 3, which has the same id
`
	t.Run("and the others go on", func(t *testing.T) {
		code, out, errs := program(t.Context(), "--data", t.TempDir(), "--orders", file)
		require.Zero(t, code, out+errs)
		require.Equal(t, says, errs)
		require.Contains(t, out, "2 orders: 2 completed; 1 repeated line(s); 2 broken line(s) passed over\n")
	})
	t.Run("and nothing is started with --strict", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "none")
		code, out, errs := program(t.Context(), "--data", data, "--orders", file, "--strict")
		require.Equal(t, exitWrong, code)
		require.Empty(t, out)
		require.Equal(t, says+"order-fulfillment: 2 broken line(s), and nothing was started: mend them, or leave out --strict\n", errs)
		require.NoDirExists(t, data)
	})
	t.Run("but a repeated line is nothing to be strict about", func(t *testing.T) {
		code, _, errs := program(t.Context(), "--data", t.TempDir(), "--strict", "--orders",
			ordersFile(t, order.Sample(1), order.Sample(1)))
		require.Zero(t, code, errs)
	})
}

func TestTheSameIDWithOtherDataOfAnEarlierRunIsRefused(t *testing.T) {
	data, changed := t.TempDir(), order.Sample(1)
	changed.Items[0].Quantity++
	code, _, errs := program(t.Context(), "--data", data, "--orders", ordersFile(t, order.Sample(1)))
	require.Zero(t, code, errs)
	code, out, _ := program(t.Context(), "--data", data, "--orders", ordersFile(t, changed, order.Sample(2)))
	require.Equal(t, exitWrong, code)
	require.Contains(t, out, "an earlier run had other data under this id")
	require.Contains(t, out, "1 completed, 1 refused")
	require.Contains(t, out, "books balance: 2 orders fulfilled")
}

func TestBooksThatDoNotBalanceAreAnError(t *testing.T) {
	data := t.TempDir()
	args := []string{"--data", data, "--orders", ordersFile(t, order.Sample(1))}
	code, _, errs := program(t.Context(), args...)
	require.Zero(t, code, errs)
	require.NoError(t, os.Remove(filepath.Join(data, "services.db")))
	code, out, _ := program(t.Context(), args...)
	require.Equal(t, exitWrong, code)
	require.Contains(t, out, "the books do not balance: completed but not fulfilled: order ORD-000001 has 0 reservation(s)")
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	code, out, errs := program(t.Context(), "--fail-rate", "2", "--workers", "-1", "--data", "", "extra")
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	for _, says := range []string{
		"fault rate is 2, it must be between 0 and 1", "--workers is -1", "--data names no directory", `unexpected argument "extra"`,
	} {
		require.Contains(t, errs, says)
	}
	code, _, errs = program(t.Context(), "--oders", "x")
	require.Equal(t, exitUsage, code)
	require.Equal(t, 1, strings.Count(errs, "flag provided but not defined: -oders"), errs)

	code, out, errs = program(t.Context(), "--help")
	require.Zero(t, code, errs)
	for _, name := range []string{"orders", "data", "strict", "workers", "fail-rate"} {
		require.Regexp(t, `(?m)^  -`+name+`\b`, out)
	}
}

func TestWhatCannotBeReadOrWrittenIsNamed(t *testing.T) {
	file := ordersFile(t, order.Sample(1))
	tests := []struct {
		name, says string
		args       func(dir string) []string
	}{
		{"no orders file", "no such file", func(dir string) []string { return []string{"--orders", dir + "/none"} }},
		{"an orders file that is a directory", "is a directory", func(dir string) []string { return []string{"--orders", dir} }},
		{"an empty orders file", "holds no order", func(dir string) []string { return []string{"--orders", os.DevNull} }},
		{"a data directory that is a file", "not a directory", func(dir string) []string { return []string{"--orders", file, "--data", file} }},
		{"a log that is no log", "not an event log", func(dir string) []string {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "events.db"), bytes.Repeat([]byte("text "), 1000), 0o600))
			return []string{"--orders", file, "--data", dir}
		}},
		{"books that are none", "not a database", func(dir string) []string {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "services.db"), bytes.Repeat([]byte("text "), 1000), 0o600))
			return []string{"--orders", file, "--data", dir}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, _, errs := program(t.Context(), test.args(t.TempDir())...)
			require.Equal(t, exitWrong, code)
			require.Contains(t, errs, test.says)
		})
	}
}

func TestADirectoryThatAnotherRunHoldsIsRefused(t *testing.T) {
	data := t.TempDir()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(data, "events.db")})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	lock, err := any(store).(eventstore.Locker).Lock(t.Context(), saga.LockName)
	require.NoError(t, err)
	defer func() { require.NoError(t, lock.Close()) }()

	code, _, errs := program(t.Context(), "--data", data)
	require.Equal(t, exitWrong, code)
	require.Contains(t, errs, "is held by")
	require.Contains(t, errs, "choose another directory with --data")
}
