package order

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// ErrUndeliverable: no carrier goes to the address. Permanent.
var ErrUndeliverable = errors.New("undeliverable address")

// Shipment is a parcel on its way.
type Shipment struct {
	ID       string `json:"id"`
	Tracking string `json:"tracking"`
}

const (
	opShip       = "shipping.ship"
	opCancelShip = "shipping.cancel"

	addShipment = "INSERT INTO shipments (key, order_id, street, city, postal_code, country) VALUES (?, ?, ?, ?, ?, ?)"
	cancelShip  = "UPDATE shipments SET cancelled_by = ? WHERE key = ? AND cancelled_by IS NULL"
)

// CreateShipment hands the goods to a carrier.
func (s *Services) CreateShipment(ctx context.Context, call saga.Call[Order]) (Shipment, error) {
	o := call.Data
	request := struct {
		Order   string
		Address Address
	}{o.ID, o.Address}
	return perform(ctx, s, call, opShip, request, func(ctx context.Context, tx *sql.Tx) (Shipment, error) {
		if err := o.Address.Deliverable(); err != nil {
			return Shipment{}, err
		}
		a := o.Address
		added, err := s.exec(ctx, tx, addShipment, call.IdempotencyKey, o.ID, a.Street, a.City, a.PostalCode, a.Country)
		if err != nil {
			return Shipment{}, fmt.Errorf("add a shipment: %w", err)
		}
		number, err := added.LastInsertId()
		if err != nil {
			return Shipment{}, fmt.Errorf("add a shipment: %w", err)
		}
		return Shipment{ID: recordID("SHP", number), Tracking: fmt.Sprintf("%s%010d", a.Country, number)}, nil
	})
}

// CancelShipment calls the parcel back.
func (s *Services) CancelShipment(ctx context.Context, call saga.Call[Order], known *Shipment) error {
	r := reversal{opCancelShip, opShip}
	return compensate(ctx, s, call, r, known, func(ctx context.Context, tx *sql.Tx, _ Shipment) (bool, error) {
		return changed(s.exec(ctx, tx, cancelShip, call.IdempotencyKey, call.ActionKey))
	})
}

// Deliverable returns why no carrier takes a parcel to the address, or nil. The error is permanent and matches
// ErrUndeliverable.
func (a Address) Deliverable() error {
	switch a.Country {
	case "AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IS", "IT", "NL", "NO", "PL", "PT", "SE":
	default:
		return saga.Permanent(fmt.Errorf("%w: no carrier goes to %s", ErrUndeliverable, a.Country))
	}
	street := strings.ToLower(a.Street)
	for _, box := range []string{"po box", "p.o. box", "postfach", "boîte postale"} {
		if strings.HasPrefix(street, box) {
			return saga.Permanent(fmt.Errorf("%w: no carrier delivers to a box (%s)", ErrUndeliverable, a.Street))
		}
	}
	return nil
}
