package main

import (
	"context"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Name is the name of the saga's definition.
const Name = "BankTransfer"

// Transfer is what a saga is started with.
type Transfer struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cents int64  `json:"cents"`
}

// Steps are the actions and compensations of the saga. Bank has them.
type Steps interface {
	Debit(context.Context, saga.Call[Transfer]) (Receipt, error)
	PutBack(context.Context, saga.Call[Transfer], *Receipt) error
	Record(context.Context, saga.Call[Transfer]) (Receipt, error)
	Strike(context.Context, saga.Call[Transfer], *Receipt) error
	Credit(context.Context, saga.Call[Transfer]) (Receipt, error)
	TakeBack(context.Context, saga.Call[Transfer], *Receipt) error
	Notify(context.Context, saga.Call[Transfer]) (Receipt, error)
}

var _ Steps = (*Bank)(nil)

// Definition takes the money before it gives it, so that it cannot be spent twice. A notice cannot be undone: it comes last,
// and its start is the point of no return.
func Definition(s Steps) saga.Definition[Transfer] {
	quick := saga.StepOptions{Timeout: 10 * time.Second}
	return saga.Definition[Transfer]{Name: Name, Version: 1, Steps: []saga.Step[Transfer]{
		saga.Compensable("debit", s.Debit, s.PutBack, quick),
		saga.Compensable("record", s.Record, s.Strike, quick),
		saga.Compensable("credit", s.Credit, s.TakeBack, quick),
		saga.Retriable("notify", s.Notify, quick),
	}}
}
