package order

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Sample returns order number n (1 or more) of an endless, varied series, the same on every machine. In each twenty of
// them, one asks for more than the stock, one pays with a card that is declined, one lives where no carrier goes and
// one has a mailbox that bounces; the other sixteen can be fulfilled.
func Sample(n int) Order {
	r := rand.New(rand.NewPCG(0x0dde5, uint64(n))) //nolint:gosec // made to be repeatable
	given, family, home := pick(r, givenNames()), pick(r, familyNames()), pick(r, places())
	o := Order{
		ID: fmt.Sprintf("ORD-%06d", n),
		Customer: Customer{
			Name:  given.shown + " " + family.shown,
			Email: fmt.Sprintf("%s.%s%d@%s", given.ascii, family.ascii, n, pick(r, mailDomains())),
		},
		Items:   sampleItems(r),
		Payment: Card{CardToken: fmt.Sprintf("tok_%s_%04d", pick(r, []string{"visa", "mastercard", "amex"}), r.IntN(10000))},
		Address: home.address(r),
	}
	switch troubleOf(n) {
	case 0:
		o.Items[r.IntN(len(o.Items))] = pick(r, []Item{
			{discontinuedRadio, 1, 24900}, {discontinuedClock, 2, 7450},
			{"BULB-E27-WARM", 250_000, 690}, {"LAMP-DESK-OAK", 120_000, 11900},
		})
	case 1:
		o.Payment.CardToken = declinedToken + pick(r, []string{"_insufficient_funds", "_expired_card", "_lost_card"})
	case 2:
		o.Address = pick(r, unreachable())
	case 3:
		o.Customer.Email = fmt.Sprintf("%s.%s%d@mailbox.invalid", given.ascii, family.ascii, n)
	}
	return o
}

// troubleOf returns 0 to 3 for the four orders of every twenty that will fail, at places that vary.
func troubleOf(n int) int {
	const block = 20
	r := rand.New(rand.NewPCG(0xb10c, uint64((n-1)/block))) //nolint:gosec // made to be repeatable
	return r.Perm(block)[(n-1)%block]
}

func sampleItems(r *rand.Rand) []Item {
	products := Catalogue()
	places := r.Perm(len(products))
	wanted := 1 + r.IntN(4)
	items := make([]Item, 0, wanted)
	for _, i := range places {
		p := products[i]
		if p.Stock == 0 {
			continue
		}
		quantity := 1 + r.Int64N(3)
		if p.Price < 1000 {
			quantity += r.Int64N(6)
		}
		items = append(items, Item{SKU: p.SKU, Quantity: quantity, UnitPrice: p.Price})
		if len(items) == wanted {
			break
		}
	}
	return items
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// name is a name as people write it, and as their mailboxes do.
type name struct{ shown, ascii string }

func givenNames() []name {
	return []name{
		{"Zoë", "zoe"}, {"Jürgen", "juergen"}, {"Aoife", "aoife"}, {"Søren", "soeren"}, {"Łucja", "lucja"},
		{"Matteo", "matteo"}, {"Inês", "ines"}, {"Hélène", "helene"}, {"Bjørn", "bjoern"}, {"Noor", "noor"},
		{"Tomáš", "tomas"}, {"Elif", "elif"}, {"Oskar", "oskar"}, {"Maja", "maja"}, {"Priya", "priya"},
		{"Luca", "luca"}, {"Freya", "freya"}, {"Álvaro", "alvaro"}, {"Katrín", "katrin"}, {"Emil", "emil"},
		{"Wanjiru", "wanjiru"}, {"Sanna", "sanna"}, {"Étienne", "etienne"}, {"Grace", "grace"}, {"Mehmet", "mehmet"},
	}
}

func familyNames() []name {
	return []name{
		{"Müller", "mueller"}, {"O'Brien", "obrien"}, {"Sørensen", "soerensen"}, {"Wójcik", "wojcik"},
		{"Rossi", "rossi"}, {"Gonçalves", "goncalves"}, {"Lefèvre", "lefevre"}, {"de Vries", "devries"},
		{"Novák", "novak"}, {"Yılmaz", "yilmaz"}, {"Lindqvist", "lindqvist"}, {"Kowalska", "kowalska"},
		{"Nair", "nair"}, {"Bianchi", "bianchi"}, {"Hughes", "hughes"}, {"Núñez", "nunez"},
		{"Jónsdóttir", "jonsdottir"}, {"Virtanen", "virtanen"}, {"Kamau", "kamau"}, {"Girard", "girard"},
		{"Brunner", "brunner"}, {"Peeters", "peeters"}, {"Haugen", "haugen"}, {"Steiner", "steiner"},
	}
}

func mailDomains() []string {
	return []string{"example.com", "example.org", "example.net", "mail.example.com", "post.example.org"}
}

// place is a city with some of its streets.
type place struct {
	city, postalCode, country string
	streets                   string // by "|", each with %d for the number
}

func (p place) address(r *rand.Rand) Address {
	street := strings.Replace(pick(r, strings.Split(p.streets, "|")), "%d", fmt.Sprint(1+r.IntN(140)), 1)
	return Address{Street: street, City: p.city, PostalCode: p.postalCode, Country: p.country}
}

func places() []place {
	return []place{
		{"Berlin", "10437", "DE", "Kastanienallee %d|Schönhauser Allee %d|Gleimstraße %d"},
		{"Köln", "50667", "DE", "Hohe Straße %d|Minoritenstraße %d"},
		{"Wien", "1070", "AT", "Neubaugasse %d|Burggasse %d"},
		{"Zürich", "8004", "CH", "Langstrasse %d|Badenerstrasse %d"},
		{"Paris", "75011", "FR", "%d rue Oberkampf|%d boulevard Voltaire"},
		{"Lyon", "69002", "FR", "%d rue Mercière|%d quai Saint-Antoine"},
		{"Amsterdam", "1016 GV", "NL", "Prinsengracht %d|Elandsgracht %d"},
		{"Gent", "9000", "BE", "Veldstraat %d|Kortrijksepoortstraat %d"},
		{"København", "2200", "DK", "Nørrebrogade %d|Jagtvej %d"},
		{"Göteborg", "411 21", "SE", "Linnégatan %d|Vasagatan %d"},
		{"Oslo", "0556", "NO", "Thorvald Meyers gate %d|Markveien %d"},
		{"Helsinki", "00120", "FI", "Bulevardi %d|Uudenmaankatu %d"},
		{"Reykjavík", "101", "IS", "Laugavegur %d|Skólavörðustígur %d"},
		{"Warszawa", "00-363", "PL", "ul. Nowy Świat %d|ul. Foksal %d"},
		{"Praha", "120 00", "CZ", "Mánesova %d|Vinohradská %d"},
		{"Milano", "20123", "IT", "Via Torino %d|Corso Magenta %d"},
		{"Madrid", "28004", "ES", "Calle de Hortaleza %d|Calle de Fuencarral %d"},
		{"Lisboa", "1200-109", "PT", "Rua do Loreto %d|Rua da Rosa %d"},
		{"Dublin", "D08 X2A7", "IE", "%d Francis Street|%d Thomas Street"},
		{"Edinburgh", "EH1 2JL", "GB", "%d Victoria Street|%d Grassmarket"},
		{"Bristol", "BS1 4ST", "GB", "%d Park Street|%d Corn Street"},
	}
}

// unreachable are addresses to which no carrier goes.
func unreachable() []Address {
	return []Address{
		{"McMurdo Station, Building 155", "Ross Island", "", "AQ"},
		{"Longyearveien 12", "Longyearbyen", "9170", "SJ"},
		{"Postfach 4411", "Hamburg", "20095", "DE"},
		{"PO Box 87", "Cork", "T12 W8P9", "IE"},
		{"The Residency", "Edinburgh of the Seven Seas", "TDCU 1ZZ", "SH"},
	}
}
