package sagatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// heapShell plays a scene on the heap of the simulator.
type heapShell struct {
	*world
	scene  *scene
	actors *actors
	away   time.Duration
	drawn  float64 // for every jitter
}

// onHeap plays a scene on the heap. change may build a deviation into the shell.
func onHeap(s *scene, change func(*heapShell)) (*story, error) {
	a := newActors(s, false)
	subject, err := Case[parcel]{Definition: a.definition(1), Children: a.children(), Ledger: a.ledger}.subject()
	if err != nil {
		return nil, err
	}
	h := &heapShell{scene: s, actors: a}
	st, err := newStage()
	if err != nil {
		return nil, err
	}
	defer st.crew.dismiss()
	var shared *sharing
	if s.ttl > 0 {
		shared = &sharing{shards: sceneShards, ttl: s.ttl}
	}
	if h.world, err = newSharedWorld(st, subject, h, 1, shared); err != nil {
		return nil, err
	}
	defer h.close()
	if change != nil {
		change(h)
	}
	for _, act := range s.course() {
		h.after(act.at, func() { h.act(act) })
	}
	if h.rest(maxHappenings); h.trouble != nil {
		return nil, h.trouble
	}
	var aside []string
	for _, n := range h.nodes {
		if !n.dead {
			aside = append(aside, excluded(n.engine.SetAside(), n.engine.Untouched())...)
		}
	}
	return newStory(h.log, a, aside)
}

func (h *heapShell) act(a act) {
	switch a.do {
	case starts:
		h.ask(a)
	case boots:
		h.programs = []program{h.actors.program(a.version)}
		h.nodes = append(h.nodes, nil)
		if err := h.boot(heritage{number: len(h.nodes), hand: hand{at: h.now, since: h.now}}); err != nil {
			h.blame(err)
		}
	case stops:
		h.programs = []program{h.actors.program(a.version)}
		h.nodes[a.node].stop(saga.DefaultShutdownGrace)
	case redrives:
		h.redrive(h.byRef[a.ref()], 0)
	case speaks:
		h.speak(a)
	case damages:
		if err := damage(h.log, a.ref()); err != nil {
			h.blame(err)
		}
	case signals:
		h.hand(h.byRef[a.ref()], saga.DeliverSignal{ID: a.item, Name: "approval", Payload: json.RawMessage(`"` + a.item + `"`), Actor: "sender"})
	case cancels:
		h.operate(h.byRef[a.ref()], saga.Cancel{Actor: "operator", Reason: "not wanted", SeenRevision: saga.NotSeen})
	case pauses:
		h.operate(h.byRef[a.ref()], saga.Pause{Actor: "operator", Reason: "to be looked at", SeenRevision: saga.NotSeen})
	case resumes:
		h.resume(h.byRef[a.ref()])
	}
}

func (h *heapShell) ask(a act) {
	data, err := json.Marshal(parcel{a.item})
	if err != nil {
		h.blame(err)
	}
	c := h.newClient(a.ref())
	c.heard = func(e saga.Reply) {
		h.actors.heard(answered(a, e.Created, e.Err))
		c.done = c.done || final(e.Err)
	}
	token := uint64(len(h.clients))
	var ask func()
	ask = func() {
		if c.done {
			return
		}
		if n := h.nodes[a.node]; !n.dead {
			n.handle(saga.StartRequested{Token: token, Ref: c.ref, Data: data, CorrelationID: c.ref.String()})
		}
		h.after(patience, ask)
	}
	ask()
}

func (h *heapShell) attempt(a *point) fate {
	at := place{a.step, a.dir}
	h.actors.note(h.numbered(a.saga).ref, at, a.attempt)
	p := h.scene.play(at, a.attempt)
	switch {
	case p.end == hangs && p.unmet:
		return fate{kind: Timeout}
	case p.end == hangs:
		return fate{kind: DoneButTimedOut}
	}
	return fate{takes: max(p.takes, time.Millisecond)}
}

func (h *heapShell) call(_ *point, number int) storeFault {
	if number == 0 {
		if h.actors.unreadable() {
			return unavailableRead
		}
		return noFault
	}
	fault, away := h.actors.slip(false)
	if fault == crashBefore || fault == crashAfter {
		h.away = away
	}
	return fault
}

func (h *heapShell) operator(int) storeFault {
	fault, _ := h.actors.slip(true)
	return fault
}

func (h *heapShell) latency(*point, int) time.Duration    { return time.Millisecond }
func (h *heapShell) jitter(*point) float64                { return h.drawn }
func (h *heapShell) relapse(*point) (time.Duration, bool) { return 0, false }
func (h *heapShell) orphan(*point) bool                   { return false }

func (h *heapShell) signal(*point, *saga.PlannedStep) sending { return sending{never: true} }

func (h *heapShell) downtime(*point) time.Duration {
	away := max(h.away, crashDowntime)
	h.away = 0
	return away
}

// answered tells what a client was told.
func answered(a act, created bool, err error) string {
	switch {
	case err != nil:
		for _, known := range []error{
			saga.ErrStartedDifferently, saga.ErrSetAside, saga.ErrStopping, eventstore.ErrUnavailable, eventstore.ErrTooLarge,
		} {
			if errors.Is(err, known) {
				return fmt.Sprintf("%s: %v", a.ref(), known)
			}
		}
		return fmt.Sprintf("%s: %v", a.ref(), err)
	case created:
		return fmt.Sprintf("%s: started", a.ref())
	}
	return fmt.Sprintf("%s: there already", a.ref())
}

// final reports whether a client that was told so stops asking.
func final(err error) bool {
	return !errors.Is(err, saga.ErrStopping) && !errors.Is(err, eventstore.ErrUnavailable)
}
