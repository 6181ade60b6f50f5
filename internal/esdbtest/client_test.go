package esdbtest_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/esdbtest"
)

// client is the official client, used by a test.
type client struct {
	*esdb.Client
	t *testing.T
}

func connect(t *testing.T, url string) client {
	t.Helper()
	config, err := esdb.ParseConnectionString(url)
	require.NoError(t, err)
	config.Logger = esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return client{c, t}
}

// single starts a node and connects to it.
func single(t *testing.T, cfg esdbtest.Config) (*esdbtest.Cluster, client) {
	t.Helper()
	c := esdbtest.Open(t, cfg)
	return c, connect(t, c.URL())
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func event(kind string) esdb.EventData {
	return esdb.EventData{
		EventID: uuid.New(), EventType: kind, ContentType: esdb.ContentTypeJson,
		Data: []byte(`{"kind":"` + kind + `"}`), Metadata: []byte(`{}`),
	}
}

func events(kind string, n int) []esdb.EventData {
	var all []esdb.EventData
	for range n {
		all = append(all, event(kind))
	}
	return all
}

func (c client) append(stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) (*esdb.WriteResult, error) {
	c.t.Helper()
	return c.AppendToStream(limited(c.t), stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, events...)
}

func (c client) mustAppend(stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) *esdb.WriteResult {
	c.t.Helper()
	result, err := c.append(stream, expected, events...)
	require.NoError(c.t, err)
	return result
}

func (c client) stream(stream string, o esdb.ReadStreamOptions) ([]*esdb.RecordedEvent, error) {
	c.t.Helper()
	read, err := c.ReadStream(limited(c.t), stream, o, 10_000)
	require.NoError(c.t, err)
	return drain(read)
}

func (c client) all(o esdb.ReadAllOptions) ([]*esdb.RecordedEvent, error) {
	c.t.Helper()
	read, err := c.ReadAll(limited(c.t), o, 10_000)
	require.NoError(c.t, err)
	return drain(read)
}

func drain(read *esdb.ReadStream) ([]*esdb.RecordedEvent, error) {
	defer read.Close()
	var all []*esdb.RecordedEvent
	for {
		e, err := read.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, e.Event)
	}
}

// ids returns the ids of events that were read, to be compared with those that were written.
func ids(read []*esdb.RecordedEvent) []uuid.UUID {
	var all []uuid.UUID
	for _, e := range read {
		all = append(all, e.EventID)
	}
	return all
}

func idsOf(written ...esdb.EventData) []uuid.UUID {
	var all []uuid.UUID
	for _, e := range written {
		all = append(all, e.EventID)
	}
	return all
}

func code(t *testing.T, err error) esdb.ErrorCode {
	t.Helper()
	var e *esdb.Error
	require.ErrorAs(t, err, &e)
	return e.Code()
}
