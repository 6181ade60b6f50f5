package order

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/skaldgo/skald/saga"
)

// Limits of an order. Together they keep every sum of money far inside an int64.
const (
	MaxItems     = 1000
	MaxQuantity  = 1_000_000
	MaxUnitPrice = 1_000_000_000     // cents
	MaxTotal     = 1_000_000_000_000 // cents
	maxTextBytes = 500
)

// Order is what a customer ordered, and the data of its saga. The id of the order is the id of the saga.
type Order struct {
	ID       string   `json:"id"`
	Customer Customer `json:"customer"`
	Items    []Item   `json:"items"`
	Payment  Card     `json:"payment"`
	Address  Address  `json:"address"`
}

// Customer is who ordered.
type Customer struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Item is one line of an order.
type Item struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
	// UnitPrice is in cents.
	UnitPrice int64 `json:"unit_price"`
}

// Card is how the customer pays: a token that stands for a card, never its number.
type Card struct {
	CardToken string `json:"card_token"`
}

// Address is where the goods go. PostalCode may be empty, not every country has them.
type Address struct {
	Street     string `json:"street"`
	City       string `json:"city"`
	PostalCode string `json:"postal_code,omitempty"`
	// Country is the code of two capital letters of ISO 3166-1.
	Country string `json:"country"`
}

// Total returns what the order costs, in cents.
func (o Order) Total() int64 {
	var total int64
	for _, item := range o.Items {
		total += item.Quantity * item.UnitPrice
	}
	return total
}

// Units returns how many pieces the order asks for.
func (o Order) Units() int64 {
	var units int64
	for _, item := range o.Items {
		units += item.Quantity
	}
	return units
}

// InvalidError lists everything that is wrong with an order.
type InvalidError struct{ Problems []string }

func (e *InvalidError) Error() string { return strings.Join(e.Problems, "; ") }

// Validate reports every problem of the order at once, as an *InvalidError that names the fields as JSON has them, or
// nil. It says nothing about whether the order can be fulfilled.
func (o Order) Validate() error {
	p := &problems{}
	if o.ID == "" {
		p.add("id is missing")
	} else if err := (saga.Ref{Name: Name, ID: o.ID}).Validate(); err != nil {
		p.add("id: %v", err)
	}
	p.text("customer.name", o.Customer.Name)
	p.text("customer.email", o.Customer.Email)
	if e := o.Customer.Email; e != "" && !isEmail(e) {
		p.add("customer.email %.60q is no e-mail address", e)
	}
	p.items(o.Items)
	p.text("payment.card_token", o.Payment.CardToken)
	p.text("address.street", o.Address.Street)
	p.text("address.city", o.Address.City)
	if o.Address.PostalCode != "" {
		p.text("address.postal_code", o.Address.PostalCode)
	}
	p.text("address.country", o.Address.Country)
	if c := o.Address.Country; c != "" && !isCountry(c) {
		p.add("address.country is %.20q, it must be two capital letters", c)
	}
	if len(*p) > 0 {
		return &InvalidError{Problems: *p}
	}
	return nil
}

type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

func (p *problems) text(field, value string) {
	switch {
	case strings.TrimSpace(value) == "":
		p.add("%s is missing", field)
	case len(value) > maxTextBytes:
		p.add("%s has %d bytes, the limit is %d", field, len(value), maxTextBytes)
	case strings.ContainsFunc(value, unicode.IsControl):
		p.add("%s %.60q holds control characters", field, value)
	}
}

func (p *problems) items(items []Item) {
	switch {
	case len(items) == 0:
		p.add("items is missing or empty")
		return
	case len(items) > MaxItems:
		p.add("items has %d entries, the limit is %d", len(items), MaxItems)
		return
	}
	before := len(*p)
	for i, item := range items {
		p.text(fmt.Sprintf("items[%d].sku", i), item.SKU)
		p.between(fmt.Sprintf("items[%d].quantity", i), item.Quantity, MaxQuantity)
		p.between(fmt.Sprintf("items[%d].unit_price", i), item.UnitPrice, MaxUnitPrice)
	}
	if total := (Order{Items: items}).Total(); len(*p) == before && total > MaxTotal {
		p.add("the items cost %d cents together, the limit is %d", total, MaxTotal)
	}
}

func (p *problems) between(field string, value, limit int64) {
	if value < 1 || value > limit {
		p.add("%s is %d, it must be between 1 and %d", field, value, limit)
	}
}

func isEmail(s string) bool {
	name, domain, found := strings.Cut(s, "@")
	return found && name != "" && domain != "" && !strings.ContainsAny(domain, "@ ") && !strings.Contains(name, " ")
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}
