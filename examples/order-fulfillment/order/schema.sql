-- The books of the four services. Nothing is ever deleted: what was taken back stays, with the key of what took it back.
-- Keys are not declared as references: an effect is recorded last in its transaction, with its result, and SQLite would
-- then search every table for rows that wait for it. The check of the books compares both sides instead.

-- Every effect with its idempotency key. result is NULL for an action that was undone before it happened, and for a
-- compensation that found nothing to undo.
CREATE TABLE effects (
	key       TEXT NOT NULL PRIMARY KEY,
	operation TEXT NOT NULL,
	order_id  TEXT NOT NULL,
	request   BLOB NOT NULL, -- SHA-256 of what was asked for
	result    TEXT,
	at        INTEGER NOT NULL -- milliseconds since 1970
) STRICT, WITHOUT ROWID;

-- Inventory.
CREATE TABLE stock (
	sku     TEXT NOT NULL PRIMARY KEY,
	name    TEXT NOT NULL,
	on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
	refill  INTEGER NOT NULL CHECK (refill >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
	number INTEGER PRIMARY KEY,
	sku    TEXT NOT NULL REFERENCES stock,
	units  INTEGER NOT NULL CHECK (units > 0)
) STRICT;

CREATE TABLE reservations (
	number      INTEGER PRIMARY KEY,
	key         TEXT NOT NULL UNIQUE,
	order_id    TEXT NOT NULL,
	released_by TEXT -- NULL while the goods are held
) STRICT;

CREATE TABLE reservation_lines (
	reservation INTEGER NOT NULL REFERENCES reservations,
	line        INTEGER NOT NULL,
	sku         TEXT NOT NULL REFERENCES stock,
	units       INTEGER NOT NULL CHECK (units > 0),
	unit_price  INTEGER NOT NULL, -- cents
	PRIMARY KEY (reservation, line)
) STRICT, WITHOUT ROWID;

-- Payments.
CREATE TABLE payments (
	number     INTEGER PRIMARY KEY,
	key        TEXT NOT NULL UNIQUE,
	order_id   TEXT NOT NULL,
	card_token TEXT NOT NULL,
	amount     INTEGER NOT NULL CHECK (amount > 0) -- cents
) STRICT;

CREATE TABLE refunds (
	number  INTEGER PRIMARY KEY,
	key     TEXT NOT NULL UNIQUE,
	payment INTEGER NOT NULL UNIQUE REFERENCES payments,
	amount  INTEGER NOT NULL CHECK (amount > 0) -- cents
) STRICT;

-- Shipping.
CREATE TABLE shipments (
	number       INTEGER PRIMARY KEY,
	key          TEXT NOT NULL UNIQUE,
	order_id     TEXT NOT NULL,
	street       TEXT NOT NULL,
	city         TEXT NOT NULL,
	postal_code  TEXT NOT NULL,
	country      TEXT NOT NULL,
	cancelled_by TEXT -- NULL while it is on its way
) STRICT;

-- Notifications.
CREATE TABLE messages (
	number    INTEGER PRIMARY KEY,
	key       TEXT NOT NULL UNIQUE,
	order_id  TEXT NOT NULL,
	kind      TEXT NOT NULL CHECK (kind IN ('confirmation', 'cancellation')),
	recipient TEXT NOT NULL,
	revokes   INTEGER UNIQUE REFERENCES messages, -- the confirmation that a cancellation takes back
	CHECK ((kind = 'cancellation') = (revokes IS NOT NULL))
) STRICT;
