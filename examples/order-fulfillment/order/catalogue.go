package order

// Product is something the shop sells.
type Product struct {
	SKU  string
	Name string
	// Price is in cents.
	Price int64
	// Stock is how many pieces there are at first.
	Stock int64
	// Refill is how many pieces a delivery brings. One arrives whenever an order asks for more than there is; when it
	// is still not enough, the order is refused. 0: the product is no longer made.
	Refill int64
}

// Catalogue returns what the shop sells. The caller owns the slice.
func Catalogue() []Product {
	return []Product{
		{"MUG-ENAMEL-BLUE", "Enamel mug, blue", 1290, 500, 500},
		{"MUG-ENAMEL-WHITE", "Enamel mug, white", 1290, 500, 500},
		{"MUG-STONEWARE", "Stoneware mug", 1650, 500, 500},
		{"TEAPOT-CAST-IRON", "Cast iron teapot, 0.8 l", 5490, 120, 120},
		{"TEA-ASSAM-250", "Assam tea, 250 g", 990, 800, 800},
		{"TEA-SENCHA-100", "Sencha tea, 100 g", 1180, 800, 800},
		{"COFFEE-ETHIOPIA-1KG", "Coffee beans, Ethiopia, 1 kg", 2890, 600, 600},
		{"COFFEE-PERU-250", "Coffee beans, Peru, 250 g", 890, 800, 800},
		{"GRINDER-HAND", "Hand grinder", 7900, 150, 150},
		{"DRIPPER-CERAMIC", "Ceramic dripper", 2350, 200, 200},
		{"FILTER-PAPER-100", "Filter paper, 100 pieces", 450, 1500, 1500},
		{"KETTLE-GOOSENECK", "Gooseneck kettle", 6450, 120, 120},
		{"SCALE-KITCHEN", "Kitchen scale", 3990, 200, 200},
		{"NOTEBOOK-A5-DOT", "Notebook A5, dotted", 1490, 900, 900},
		{"NOTEBOOK-A6-PLAIN", "Notebook A6, plain", 990, 900, 900},
		{"PEN-FOUNTAIN-M", "Fountain pen, medium nib", 3250, 250, 250},
		{"INK-BLACK-50", "Ink, black, 50 ml", 1350, 400, 400},
		{"PENCIL-SET-12", "Pencils, set of 12", 1690, 400, 400},
		{"LAMP-DESK-OAK", "Desk lamp, oak", 11900, 90, 90},
		{"BULB-E27-WARM", "LED bulb E27, warm white", 690, 2000, 2000},
		{"CABLE-USBC-2M", "USB-C cable, 2 m", 1290, 1200, 1200},
		{"CHARGER-65W", "Charger, 65 W", 4490, 300, 300},
		{"HEADPHONES-ON-EAR", "Headphones, on-ear", 8990, 180, 180},
		{"BACKPACK-20L", "Backpack, 20 l", 9450, 150, 150},
		{"BOTTLE-STEEL-750", "Steel bottle, 0.75 l", 2790, 500, 500},
		{"BLANKET-WOOL", "Wool blanket", 13900, 100, 100},
		{"SCARF-MERINO", "Merino scarf", 5900, 220, 220},
		{"SOCKS-WOOL-3", "Wool socks, 3 pairs", 2490, 700, 700},
		{"CUTTING-BOARD-ASH", "Cutting board, ash", 3450, 250, 250},
		{"KNIFE-CHEF-20", "Chef's knife, 20 cm", 8450, 140, 140},
		{discontinuedRadio, "Tube radio, no longer made", 24900, 0, 0},
		{discontinuedClock, "Wall clock, no longer made", 7450, 0, 0},
	}
}

const (
	discontinuedRadio = "RADIO-TUBE-1962"
	discontinuedClock = "CLOCK-WALL-BRASS"
)
