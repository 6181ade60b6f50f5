package sagatest

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/saga"
)

// startStored begins a saga of a shard that is not held through the log alone, as the shipped shell does.
func (n *node) startStored(asked saga.StartRequested) {
	command := n.w.programs[n.level].start
	command.Now, command.Ref, command.Data, command.CorrelationID = n.now(), asked.Ref, asked.Data, asked.CorrelationID
	actor := asked.Actor
	if actor == "" {
		actor = "orchestrator:main"
	}
	envelope := aggregate.Envelope{
		CorrelationID: asked.CorrelationID, CausationID: asked.CausationID, Actor: actor, At: command.Now,
	}
	reply := saga.Reply{Token: asked.Token}
	n.w.spawn(n, appendPoint(n.w.byRef[asked.Ref].number, saga.SagaStarted{}), func() {
		result, err := n.w.prompt.Execute(context.Background(), asked.Ref.ID, command, envelope)
		if unusable(err) {
			err = fmt.Errorf("start %s: %w: %w", asked.Ref, saga.ErrSetAside, err)
		}
		reply.Created, reply.Err = result.Events > 0, err
	}, func() {
		n.w.replied(reply)
		n.leave()
	})
}
