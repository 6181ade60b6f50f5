package esdbtest

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

func identifier(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

// uuidToWire writes an id as two halves, the more significant byte first.
func uuidToWire(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

func uuidToText(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
}

func uuidFromWire(wire *shared.UUID) (id uuid.UUID, err error) {
	if halves := wire.GetStructured(); halves != nil {
		binary.BigEndian.PutUint64(id[:8], uint64(halves.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(id[8:], uint64(halves.GetLeastSignificantBits()))
		return id, nil
	}
	if id, err = uuid.Parse(wire.GetString_()); err != nil {
		return id, errInvalidArgument("event id: " + err.Error())
	}
	return id, nil
}

// ticks counts the hundreds of nanoseconds since 1970.
func ticks(t time.Time) int64 { return t.UnixNano() / 100 }

// toWire writes a record as it is delivered.
func (r *record) toWire(idsAsText bool) *streams.ReadResp {
	id := uuidToWire(r.id)
	if idsAsText {
		id = uuidToText(r.id)
	}
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id: id, StreamIdentifier: identifier(r.stream), StreamRevision: uint64(r.number),
			PreparePosition: r.at, CommitPosition: r.at,
			Metadata: map[string]string{
				"type": r.kind, "content-type": r.contentType, "created": strconv.FormatInt(ticks(r.created), 10),
			},
			CustomMetadata: r.metadata, Data: r.data,
		},
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: r.at},
	}}}
}

func confirmationToWire(id string) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: id},
	}}
}

func caughtUpToWire() *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}}
}

func notFoundToWire(stream string) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
		StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: identifier(stream)},
	}}
}

func checkpointToWire(p position) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: p.commit, PreparePosition: p.prepare},
	}}
}

func eventFromWire(p *streams.AppendReq_ProposedMessage) (event, error) {
	id, err := uuidFromWire(p.GetId())
	return event{
		id: id, kind: p.GetMetadata()["type"], contentType: p.GetMetadata()["content-type"],
		data: p.GetData(), metadata: p.GetCustomMetadata(),
	}, err
}
