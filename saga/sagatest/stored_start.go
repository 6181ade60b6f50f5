package sagatest

import (
	"context"
	"fmt"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/saga"
)

// startStored begins a saga of a shard that is not held through the log alone, as the shipped shell does.
func (n *node) startStored(asked saga.StartRequested) {
	reply := saga.Reply{Token: asked.Token}
	n.w.spawn(n, appendPoint(n.w.byRef[asked.Ref].number, saga.SagaStarted{}), func() {
		reply.Created, reply.Err = n.store(asked)
	}, func() {
		n.w.replied(reply)
		n.leave()
	})
}

// store appends the start of a saga, unless it was started before.
func (n *node) store(asked saga.StartRequested) (created bool, err error) {
	command := n.w.programs[n.level].by[asked.Ref.Name].start
	command.Now, command.Ref, command.Data, command.CorrelationID = n.now(), asked.Ref, asked.Data, asked.CorrelationID
	command.Parent = asked.Parent
	actor := asked.Actor
	if actor == "" {
		actor = "orchestrator:main"
	}
	envelope := aggregate.Envelope{
		CorrelationID: asked.CorrelationID, CausationID: asked.CausationID, Actor: actor, At: command.Now,
	}
	result, err := n.w.of(asked.Ref).prompt.Execute(context.Background(), asked.Ref.ID, command, envelope)
	if unusable(err) {
		err = fmt.Errorf("start %s: %w: %w", asked.Ref, saga.ErrSetAside, err)
	}
	return result.Events > 0, err
}
