package projectorcli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
)

// orderSource gives orders without end, each with an id that no other run and no other order of this run has.
type orderSource struct {
	from       []order.Order // started again and again; made up when there are none
	run        string
	given      int
	passedOver int // broken lines
}

func newOrderSource() *orderSource {
	return &orderSource{run: strings.ToLower(rand.Text()[:8])}
}

func (s *orderSource) next() order.Order {
	s.given++
	if len(s.from) == 0 {
		o := order.Sample(s.given)
		o.ID += "-" + s.run
		return o
	}
	o := s.from[(s.given-1)%len(s.from)]
	suffix := "-" + s.run
	room := saga.MaxIDBytes - len(suffix) - 20
	if s.given > len(s.from) || len(o.ID) > room {
		suffix += fmt.Sprintf("-%d", s.given)
	}
	o.ID = strings.ToValidUTF8(o.ID[:min(len(o.ID), room)], "") + suffix
	return o
}

// readOrders reads the file of --orders, and tells what is wrong with it line by line.
func (a *app) readOrders(o devOptions) (*orderSource, error) {
	source := newOrderSource()
	if o.orders == "" {
		return source, nil
	}
	file, err := os.Open(o.orders)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage("name a file of JSON lines, or leave out --orders for made-up ones",
				"there is no orders file %s", o.orders)
		}
		return nil, usage("name a file that can be read", "read the orders: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	batch, err := order.ReadBatch(file)
	if err != nil {
		return nil, usage("name a file that can be read", "read the orders of %s: %w", o.orders, err)
	}
	for _, line := range batch.Repeated {
		a.note("%s: %v: the same order is the same saga, so it is there once", o.orders, line)
	}
	if len(batch.Broken) > 0 && o.strict {
		return nil, usage("correct it, or leave out --strict to go on without it", "%s: %w", o.orders, joinLines(batch.Broken))
	}
	for _, line := range batch.Broken {
		a.note("%s: %v; passed over, --strict stops here", o.orders, line)
	}
	if len(batch.Orders) == 0 {
		return nil, usage("name a file with an order on each line", "%s holds no order that can be used", o.orders)
	}
	source.from, source.passedOver = batch.Orders, len(batch.Broken)
	return source, nil
}

func joinLines(lines []*order.LineError) error {
	all := make([]error, 0, len(lines))
	for _, line := range lines {
		all = append(all, line)
	}
	return errors.Join(all...)
}
