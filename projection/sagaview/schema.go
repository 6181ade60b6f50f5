package sagaview

import (
	"fmt"
	"time"

	"github.com/skaldgo/skald/projection"
)

func sagasTable() projection.Table {
	return projection.Table{
		Name: "sagas",
		Columns: `saga_name TEXT NOT NULL,
	saga_id           TEXT    NOT NULL,
	state             TEXT    NOT NULL,
	parked            INTEGER NOT NULL,
	paused            INTEGER NOT NULL,
	version           INTEGER NOT NULL,
	definition_hash   TEXT    NOT NULL,
	correlation_id    TEXT    NOT NULL,
	parent_name       TEXT,
	parent_id         TEXT,
	parent_step       TEXT,
	revision          BIGINT  NOT NULL,
	step              TEXT,
	direction         TEXT,
	attempt           INTEGER,
	steps_total       INTEGER NOT NULL,
	steps_done        INTEGER NOT NULL,
	steps_compensated INTEGER NOT NULL,
	failed_step       TEXT,
	reason            TEXT,
	last_error        TEXT,
	waits_for         TEXT,
	next_due          BIGINT,
	deadline          BIGINT,
	overdue           INTEGER NOT NULL,
	started_at        BIGINT  NOT NULL,
	updated_at        BIGINT  NOT NULL,
	ended_at          BIGINT,
	PRIMARY KEY (saga_name, saga_id)`,
		Options: "WITHOUT ROWID",
		Indexes: []projection.Index{
			{Name: "sagas_by_due", On: "next_due", Where: "next_due IS NOT NULL"},
			{Name: "sagas_by_start", On: "started_at, saga_name, saga_id"},
			{Name: "sagas_by_parent", On: "parent_name, parent_id", Where: "parent_name IS NOT NULL"},
			{Name: "sagas_open", On: "started_at, saga_name, saga_id", Where: "ended_at IS NULL"},
		},
	}
}

func stepsTable() projection.Table {
	return projection.Table{
		Name: "saga_steps",
		Columns: `saga_name TEXT NOT NULL,
	saga_id               TEXT    NOT NULL,
	step_number           INTEGER NOT NULL,
	step                  TEXT    NOT NULL,
	kind                  TEXT    NOT NULL,
	step_group            TEXT,
	awaits                TEXT,
	state                 TEXT    NOT NULL,
	running               INTEGER NOT NULL,
	attempts              INTEGER NOT NULL,
	last_error            TEXT,
	compensation_attempts INTEGER NOT NULL,
	compensation_error    TEXT,
	next_due              BIGINT,
	started_at            BIGINT,
	ended_at              BIGINT,
	outcome_unknown       INTEGER NOT NULL,
	result_known          INTEGER NOT NULL,
	compensation_blind    INTEGER NOT NULL,
	PRIMARY KEY (saga_name, saga_id, step)`,
		Options: "WITHOUT ROWID",
	}
}

func parkedTable() projection.Table {
	return projection.Table{
		Name: "saga_parked",
		Columns: `saga_name TEXT NOT NULL,
	saga_id   TEXT    NOT NULL,
	step      TEXT    NOT NULL,
	direction TEXT    NOT NULL,
	reason    TEXT    NOT NULL,
	attempts  INTEGER NOT NULL,
	error     TEXT,
	remedy    TEXT    NOT NULL,
	revision  BIGINT  NOT NULL,
	parked_at BIGINT  NOT NULL,
	PRIMARY KEY (saga_name, saga_id, step, direction)`,
		Options: "WITHOUT ROWID",
		Indexes: []projection.Index{{Name: "saga_parked_by_time", On: "parked_at"}},
	}
}

func countsTable() projection.Table {
	return projection.Table{
		Name: "saga_counts",
		Columns: `saga_name TEXT NOT NULL,
	state TEXT   NOT NULL,
	sagas BIGINT NOT NULL,
	PRIMARY KEY (saga_name, state)`,
		Options: "WITHOUT ROWID",
	}
}

func views(stuckGrace time.Duration) []projection.View {
	return []projection.View{
		{Name: "active_sagas", Query: `SELECT * FROM {sagas} WHERE ended_at IS NULL`},
		{Name: "stuck_sagas", Query: fmt.Sprintf(`SELECT s.*, c.caught_up_at - s.next_due AS overdue_ms
FROM {sagas} s, projection_checkpoint c
WHERE c.projection = '%s' AND c.slot = 'live' AND s.next_due < c.caught_up_at - %d`,
			Name, stuckGrace.Milliseconds())},
	}
}
