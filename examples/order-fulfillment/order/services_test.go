package order_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		says string
		is   error
	}{
		{"a directory", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o755)) }, "is a directory", nil},
		{"no database", func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("once upon a time there was a file that was no database at all"), 0o644))
		}, "not a database", nil},
		{"another program's database", func(t *testing.T, path string) {
			shop{path: path}.tamper(t, "CREATE TABLE theirs (x)")
		}, "it holds something else", order.ErrNotServices},
		{"a newer schema", func(t *testing.T, path string) {
			s, err := order.Open(t.Context(), order.Config{Path: path})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			shop{path: path}.tamper(t, "PRAGMA user_version = 7")
		}, "its schema has version 7 and this program knows 1", order.ErrNotServices},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "services.db")
			test.make(t, path)
			_, err := order.Open(t.Context(), order.Config{Path: path})
			require.ErrorContains(t, err, test.says)
			require.ErrorContains(t, err, path)
			_, booksErr := order.OpenBooks(t.Context(), path)
			require.Error(t, booksErr)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
				require.ErrorIs(t, booksErr, test.is)
			}
		})
	}
	t.Run("a config with faults names all of them", func(t *testing.T) {
		_, err := order.Open(t.Context(), order.Config{Products: []order.Product{{SKU: "A", Stock: -1}, {}}})
		require.ErrorContains(t, err, "path is missing")
		require.ErrorContains(t, err, `product "A"`)
		require.ErrorContains(t, err, `product ""`)
	})
	t.Run("books that are not there", func(t *testing.T) {
		_, err := order.OpenBooks(t.Context(), filepath.Join(t.TempDir(), "none.db"))
		require.ErrorIs(t, err, os.ErrNotExist)
	})
}

func TestServicesGoOnAfterTheyWereClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with space & ümlaut?%.db")
	var first any
	for range 3 {
		s, err := order.Open(t.Context(), order.Config{Path: path})
		require.NoError(t, err)
		result, err := s.ProcessPayment(t.Context(), forward(sound("A"), order.StepPay))
		require.NoError(t, err)
		if first == nil {
			first = result
		}
		require.Equal(t, first, result)
		report, err := s.Check(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 6270, report.Charged)
		require.NoError(t, s.Close())
	}
	_, err := os.Stat(path)
	require.NoError(t, err)
}

func TestTwoServicesShareOneFile(t *testing.T) {
	s := openShop(t)
	second, err := order.Open(t.Context(), order.Config{Path: s.path})
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()

	outcomes := map[string]bool{}
	var running sync.WaitGroup
	errs := make(chan error, 100)
	for i := range 25 {
		o := sound(fmt.Sprint("O", i))
		outcomes[o.ID] = true
		for _, services := range []*order.Services{s.Services, second} {
			running.Go(func() {
				for _, e := range effects() {
					_, err := e.do(t.Context(), services, forward(o, e.step))
					if err != nil {
						errs <- err
					}
				}
			})
		}
	}
	running.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, s.check(t, outcomes).Err())
}

func TestTheDefinitionIsValidAndHasTheLimitsOfItsSteps(t *testing.T) {
	definition := order.Definition(openShop(t), order.Options{})
	require.NoError(t, definition.Validate())
	require.Equal(t, "OrderFulfillment", definition.Name)
	plan := definition.Plan()
	timeouts := map[string]time.Duration{}
	for _, step := range plan.Steps {
		timeouts[step.Name] = step.Action.Timeout()
		require.Equal(t, order.DefaultRetryInterval, step.Action.Retry().InitialInterval)
		require.Equal(t, 10, step.Compensation.MaximumAttempts)
	}
	require.Equal(t, map[string]time.Duration{
		"reserve_inventory": 2 * time.Minute, "process_payment": time.Minute,
		"create_shipment": 15 * time.Minute, "send_confirmation": 5 * time.Minute,
	}, timeouts)
	require.Equal(t, 5, plan.Steps[1].Action.MaximumAttempts)
	require.Equal(t, 3, plan.Steps[2].Action.MaximumAttempts)

	quick := order.Definition(openShop(t), order.Options{RetryInterval: time.Millisecond, Timeout: time.Second}).Plan()
	for _, step := range quick.Steps {
		require.Equal(t, time.Second, step.Action.Timeout())
		require.Equal(t, time.Second, step.Compensation.Timeout())
		require.Equal(t, time.Millisecond, step.Compensation.Retry().InitialInterval)
	}
}

func BenchmarkEffects(b *testing.B) {
	for _, callers := range []int{1, 1000} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, err := order.Open(b.Context(), order.Config{Path: filepath.Join(b.TempDir(), "services.db")})
			require.NoError(b, err)
			defer func() { require.NoError(b, s.Close()) }()
			next := make(chan int)
			errs := make(chan error, callers)
			b.ResetTimer()
			for range callers {
				go func() {
					var err error
					for i := range next {
						o := sound(fmt.Sprint("O", i))
						for _, e := range effects() {
							_, failed := e.do(b.Context(), s, forward(o, e.step))
							err = errors.Join(err, failed)
						}
					}
					errs <- err
				}()
			}
			for i := range b.N {
				next <- i
			}
			close(next)
			for range callers {
				require.NoError(b, <-errs)
			}
			b.ReportMetric(float64(4*b.N)/b.Elapsed().Seconds(), "effects/s")
		})
	}
}
