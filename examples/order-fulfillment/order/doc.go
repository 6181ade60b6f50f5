// Package order is a shop that fulfils orders with a saga: it reserves the goods, charges the card, ships and confirms,
// and takes all of that back when one of them is refused.
//
// There are only a few types. An [Order] is read from JSON lines by [ReadOrders] or made by [Sample]. [Services] are the
// four participants: inventory, payments, shipping and notifications. [Definition] makes a saga of them, or of anything
// else that has the [Steps]; [Faulty] puts failures between the two. [Books] checks afterwards that nothing was lost and
// nothing was done twice.
//
// # Guarantees
//
// The services keep their books in one SQLite file, and for every effect:
//
//   - It is one transaction together with its idempotency key. An effect that returned no error survives the death of
//     the process and of the machine.
//   - A repeat under the same key changes nothing and returns the first result. The same key with another request is
//     [ErrKeyReused].
//   - An undo finds what it undoes by the key of the action, so it needs no result. If there is nothing yet, it closes
//     that key: the action that arrives later is refused with [ErrRevoked], and the undo returns
//     saga.ErrNothingToCompensate.
//   - A refusal that no retry can change is marked by saga.Permanent and has changed nothing: [ErrNoStock],
//     [ErrCardDeclined], [ErrUndeliverable], [ErrBounced]. Every other error may be tried again under the same key.
//
// The books are checked from that file alone. The log of the sagas takes no part, so the two can be compared.
package order
