-- +goose Up

-- Who works on which share of the sagas, a row for each group of workers. It is no part of the log: what is lost of it is
-- granted anew.
CREATE TABLE leases (
	group_name text COLLATE "C" PRIMARY KEY,
	state      json NOT NULL DEFAULT '{}'
) WITH (fillfactor = 10);
