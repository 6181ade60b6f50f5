package saga

import (
	"context"
	"log/slog"
)

// keepLong lets a snapshot be saved of a saga of which an append has made the history so much longer, by loading it: only
// what can be read is kept. A wide saga has that many events without having a long history.
func (s *session) keepLong(ctx context.Context, e AppendEvents, repo *repository) {
	every, first := int64(s.o.cfg.SnapshotEvery), e.Head.Revision+1
	if every <= 0 || first/every == (first+int64(len(e.Events)))/every {
		return
	}
	if def := s.o.defs.newest(e.Ref.Name); def != nil && first < 4*int64(len(def.plan.Steps)) {
		return
	}
	if _, err := repo.Load(ctx, e.Ref.ID); err != nil {
		s.o.withoutSnapshot(e.Ref.Stream(), err)
	}
}

// withoutSnapshot says in the log of the process that a saga is loaded from its events alone, or will be.
func (o *Orchestrator) withoutSnapshot(stream string, why error) {
	o.cfg.Logger.Warn("a snapshot cannot be used or saved, which costs time and nothing else",
		slog.String("stream", stream), slog.Any("error", why))
}
