package esdbtest_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

// wire speaks to one node without the official client, which hides much of what is answered.
type wire struct {
	streams.StreamsClient
	t *testing.T
}

func dial(t *testing.T, n *esdbtest.Node) wire {
	t.Helper()
	conn, err := grpc.NewClient(n.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return wire{streams.NewStreamsClient(conn), t}
}

// toTheLeaderOnly makes a node refuse the call when it does not lead.
func toTheLeaderOnly(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

func name(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

func proposed(id uuid.UUID, described map[string]string, data string) *streams.AppendReq_ProposedMessage {
	return &streams.AppendReq_ProposedMessage{
		Id: &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}, Metadata: described, Data: []byte(data),
	}
}

func binary(kind string) map[string]string {
	return map[string]string{"type": kind, "content-type": "application/octet-stream"}
}

// appendAny appends without a revision, and returns the trailers too.
func (w wire) appendAny(ctx context.Context, stream string, events ...*streams.AppendReq_ProposedMessage,
) (*streams.AppendResp, metadata.MD, error) {
	w.t.Helper()
	return w.append(ctx, &streams.AppendReq_Options{
		StreamIdentifier: name(stream), ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}, events...)
}

func (w wire) appendAt(ctx context.Context, stream string, revision uint64, events ...*streams.AppendReq_ProposedMessage,
) (*streams.AppendResp, metadata.MD, error) {
	w.t.Helper()
	return w.append(ctx, &streams.AppendReq_Options{
		StreamIdentifier: name(stream), ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: revision},
	}, events...)
}

func (w wire) append(ctx context.Context, o *streams.AppendReq_Options, events ...*streams.AppendReq_ProposedMessage,
) (*streams.AppendResp, metadata.MD, error) {
	w.t.Helper()
	call, err := w.Append(ctx)
	require.NoError(w.t, err)
	if err := send(call, o, events); !errors.Is(err, io.EOF) { // which says that the answer is there already
		require.NoError(w.t, err)
	}
	resp, err := call.CloseAndRecv()
	return resp, call.Trailer(), err
}

// tryAppend appends without a revision to a node that may not be there. It does not go on when something could not be
// sent: gRPC may begin the call again by itself then, and would end it without the events that were not sent.
func (w wire) tryAppend(ctx context.Context, stream string, events ...*streams.AppendReq_ProposedMessage,
) (*streams.AppendResp, error) {
	call, err := w.Append(ctx)
	if err != nil {
		return nil, err
	}
	o := &streams.AppendReq_Options{
		StreamIdentifier: name(stream), ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}
	if err := send(call, o, events); err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return call.CloseAndRecv()
}

// send sends an append, and gives io.EOF when nobody takes it any more.
func send(call streams.Streams_AppendClient, o *streams.AppendReq_Options, events []*streams.AppendReq_ProposedMessage) error {
	messages := []*streams.AppendReq{{Content: &streams.AppendReq_Options_{Options: o}}}
	for _, e := range events {
		messages = append(messages, &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: e}})
	}
	for _, m := range messages {
		if err := call.Send(m); err != nil {
			return err
		}
	}
	return nil
}

// everything returns what a read of $all is, to be changed by the test.
func everything() *streams.ReadReq_Options {
	return &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption: &streams.ReadReq_Options_Count{Count: 1000},
	}
}

func allAt(commit, prepare uint64) *streams.ReadReq_Options_All {
	return &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
		AllOption: &streams.ReadReq_Options_AllOptions_Position{
			Position: &streams.ReadReq_Options_Position{CommitPosition: commit, PreparePosition: prepare},
		},
	}}
}

func (w wire) read(ctx context.Context, o *streams.ReadReq_Options) ([]*streams.ReadResp_ReadEvent_RecordedEvent, error) {
	w.t.Helper()
	call, err := w.Read(ctx, &streams.ReadReq{Options: o})
	if err != nil {
		return nil, err
	}
	var all []*streams.ReadResp_ReadEvent_RecordedEvent
	for {
		resp, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		require.NotNil(w.t, resp.GetEvent(), "%v", resp)
		all = append(all, resp.GetEvent().GetEvent())
	}
}
