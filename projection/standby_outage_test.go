package projection_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/pgtest"
	"github.com/skaldgo/skald/projection"
)

func TestAProjectorThatStandsByOutlivesAnOutageOfTheDatabase(t *testing.T) {
	t.Parallel()
	server, err := pgtest.New(t.Context(), "fsync = off")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Remove(context.Background())) })
	at := place{Dialect: projection.PostgreSQL, At: server.URL(), Schema: "outage"}
	f := newFixture(t)
	f.db = at.pool(t)
	f.deposits(10)
	live := f.projector(ledger{}, f.at(at, "the first"))
	ended := make(chan error, 1)
	go func() { ended <- live.Run(t.Context()) }()
	f.live("")
	stop := run(t, f.projector(ledger{}, f.at(at, "the second")))
	f.standingBy(1)

	require.NoError(t, server.Kill(t.Context()))
	require.Error(t, <-ended, "who was live has lost what it was writing")
	f.deposits(10)
	require.NoError(t, server.Start(t.Context()))
	eventually(t, "the second is live", func() bool {
		s, err := f.projector(ledger{}, func(c *projection.Config) { c.DB, c.Dialect = f.db.Read, at.Dialect }).Status(t.Context())
		return err == nil && s.Holder == "the second" && s.State == projection.StateLive
	})
	f.requireAlone(ledger{})
	require.NoError(t, stop())
}
