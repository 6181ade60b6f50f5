package order

import (
	"errors"
	"io"
)

// Batch is an orders file as a whole.
type Batch struct {
	// Orders in the order of their lines, each id once.
	Orders []Order
	// Repeated lines hold the same data as an earlier one, so nothing is lost by passing over them.
	Repeated []*LineError
	// Broken lines hold no valid order, or contradict an earlier line.
	Broken []*LineError
}

// ReadBatch reads JSON lines to their end. Its error is one of reading; what is wrong with a line stands in the batch.
func ReadBatch(r io.Reader) (Batch, error) {
	var batch Batch
	for order, err := range ReadOrders(r) {
		var line *LineError
		switch {
		case err == nil:
			batch.Orders = append(batch.Orders, order)
		case !errors.As(err, &line):
			return batch, err
		case errors.Is(err, ErrRepeated):
			batch.Repeated = append(batch.Repeated, line)
		default:
			batch.Broken = append(batch.Broken, line)
		}
	}
	return batch, nil
}
