-- +goose Up

-- The head of the log, in one row. Whoever appends locks it first.
CREATE TABLE log (
	one     boolean PRIMARY KEY DEFAULT true CHECK (one),
	id      text    NOT NULL DEFAULT gen_random_uuid()::text,
	head    bigint  NOT NULL DEFAULT 0 CHECK (head >= 0),    -- the position of the last event
	streams bigint  NOT NULL DEFAULT 0 CHECK (streams >= 0)  -- the number of the last stream
) WITH (fillfactor = 10);
INSERT INTO log DEFAULT VALUES;

CREATE TABLE streams (
	stream_no bigint PRIMARY KEY,
	name      text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE events (
	position    bigint      PRIMARY KEY,
	stream_no   bigint      NOT NULL,
	revision    bigint      NOT NULL,
	event_id    uuid        NOT NULL,
	type        text        COLLATE "C" NOT NULL,
	data        bytea       NOT NULL,
	metadata    bytea       NOT NULL,
	recorded_at timestamptz NOT NULL,
	checksum    bigint      NOT NULL, -- CRC-32C over all of the above and the stream's name
	UNIQUE (stream_no, revision)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the log only grows: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION refuse_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id <> OLD.id OR NEW.head < OLD.head OR NEW.streams < OLD.streams THEN
		RAISE EXCEPTION 'the log only grows: its head does not go back' USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER events_only_grow  BEFORE UPDATE OR DELETE OR TRUNCATE ON events  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER streams_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON streams FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_stays         BEFORE DELETE OR TRUNCATE ON log               FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER head_only_grows   BEFORE UPDATE ON log                           FOR EACH ROW EXECUTE FUNCTION refuse_return();
