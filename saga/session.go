package saga

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// session is one run of an orchestrator. Its fields belong to the loop unless said otherwise.
type session struct {
	o      *Orchestrator
	engine *Engine
	inbox  *mailbox // any goroutine puts, the loop takes
	spare  []any
	timers *timers
	tasks  sync.WaitGroup // appends, loads, attempts and the follower

	tenure *tenure // nil when the store is not shared
	loads  loads

	hands          hands
	cancelAttempts func()
	stopRenewing   func()
	cutAppends     func()
	cut            bool // cutAppends was called
	progress       int  // events appended when the patience with appends began

	replies   sync.Map // token (uint64) -> chan Reply
	lastToken atomic.Uint64
	done      chan struct{} // closed when the loop has ended

	unseen      chan struct{} // one token for each item of the follower in the inbox
	failed      chan struct{} // closed by the first failure of the store
	failureOnce sync.Once
	failure     error // set before failed is closed

	followed  eventstore.Position // how far the engine has been told what the log holds
	tail      int                 // events since the last record of open sagas, about
	indexHead int64               // revision of the restart index
	recording chan recordResult   // of the record under way, nil when there is none
}

func newSession(ctx context.Context, o *Orchestrator) (*session, error) {
	actor, shards := o.actor(""), 0
	var tenure *tenure
	if o.shares() {
		owner, err := ownerName(o.cfg.Name)
		if err != nil {
			return nil, err
		}
		actor, shards, tenure = o.actor("orchestrator:"+owner), o.cfg.Shards, newTenure(o, owner)
	}
	engine, err := NewEngine(EngineConfig{
		Definitions: o.cfg.Definitions, Workers: o.cfg.Workers, Actor: actor, Shards: shards,
		Transitions: o.cfg.Logger.Enabled(ctx, slog.LevelInfo),
	})
	if err != nil {
		return nil, err
	}
	s := &session{o: o, engine: engine, tenure: tenure, inbox: newMailbox(), timers: newTimers(), failed: make(chan struct{}),
		unseen: make(chan struct{}, maxUnseen), done: make(chan struct{}), indexHead: -1}
	lasting := context.WithoutCancel(ctx)
	attempts, cancelAttempts := context.WithCancel(lasting) // outlives the context of Run by the grace
	appends, cutAppends := context.WithCancel(lasting)      // outlives the attempts
	leases, stopRenewing := context.WithCancel(lasting)     // outlives the loop
	s.stopRenewing = stopRenewing
	s.cancelAttempts = cancelAttempts
	s.cutAppends = func() { s.cut = true; cutAppends() }
	s.hands = hands{
		append:  func(e AppendEvents) { s.append(appends, e) },
		load:    func(e LoadSaga) { s.inbox.put(s.load(appends, e.Ref)) },
		renew:   func() { s.renew(leases) },
		attempt: func(e RunAttempt) func() { ctx := s.cancellable(attempts, e); return func() { s.attempt(ctx, e) } },
		child:   func(e AttendChild) { s.attendChild(attempts, e) },
		late:    func(e AppendLate) { s.appendLate(appends, e) },
		record:  func(head int64, chunks []OpenSagasRecorded) recordResult { return s.record(appends, head, chunks) },
	}
	return s, nil
}

// hands carry out effects, each on a goroutine of its own. They are made with the contexts that limit them.
type hands struct {
	append  func(AppendEvents)
	load    func(LoadSaga)
	renew   func()
	attempt func(RunAttempt) (run func())
	child   func(AttendChild)
	late    func(AppendLate)
	record  func(head int64, chunks []OpenSagasRecorded) recordResult
}

// end waits for everything that the session started, and answers whoever still waits for it.
func (s *session) end() {
	close(s.done)
	s.cancelAttempts()
	s.stopRenewing()
	s.tasks.Wait()
	s.cutAppends()
	if s.tenure != nil {
		s.tenure.leases.leave()
	}
}

// fail ends the session because the store cannot be used any more.
func (s *session) fail(err error) {
	s.failureOnce.Do(func() {
		s.failure = err
		close(s.failed)
	})
}

func (s *session) execute(effect Effect) {
	switch e := effect.(type) {
	case AppendEvents:
		s.tasks.Go(func() { s.hands.append(e) })
	case LoadSaga:
		s.loads.add(e)
		s.beginLoads()
	case RunAttempt:
		s.tasks.Go(s.hands.attempt(e))
	case AppendLate:
		s.tasks.Go(func() { s.hands.late(e) })
	case AttendChild:
		s.tasks.Go(func() { s.hands.child(e) })
	case CancelAttempts:
		s.cancelAttempts()
	case CancelAttempt:
		s.cancelAttempt(e)
	case ShardVacated:
		s.tenure.leases.giveBack(e.Lease)
	case TokenBehind:
		s.tenure.leases.raise(e.Fence)
	case SetTimer:
		s.timers.set(e.Ref, e.At)
	case Reply:
		if reply, ok := s.replies.LoadAndDelete(e.Token); ok {
			reply.(chan Reply) <- e
		}
	case Published:
		s.o.log(e.Transition)
	case Settled:
		s.o.settled(e.Ref, e.Instance)
	}
}

func (s *session) append(ctx context.Context, e AppendEvents) {
	starts := e.Head.Revision < 0 // someone waits for the answer
	head := e.Head
	repos, err := s.o.repo(e.Ref.Name)
	if err == nil {
		repo := repos.patient
		if starts {
			repo = repos.prompt
		}
		head, err = repo.Append(ctx, e.Head, e.Events, e.Envelope)
	}
	switch {
	case err == nil:
		s.inbox.put(EventsAppended{Ref: e.Ref, Head: head})
		s.keepLong(ctx, e, repos.patient)
		return
	case errors.Is(err, eventstore.ErrConflict):
		s.inbox.put(AppendConflicted{Ref: e.Ref})
		return
	case refused(err), starts && notNow(err):
	default:
		s.fail(err)
	}
	s.inbox.put(AppendRefused{Ref: e.Ref, Err: err})
}

// notNow reports whether nothing was stored because the store is unavailable, for a while or as far as one can tell.
func notNow(err error) bool {
	return errors.Is(err, eventstore.ErrUnavailable) && !errors.Is(err, eventstore.ErrIndeterminate)
}

// loadAgain is the pause before a load is tried again.
const loadAgain = 200 * time.Millisecond

// refused reports whether the store will never take this append, while others may well succeed.
func refused(err error) bool {
	if errors.Is(err, eventstore.ErrIndeterminate) {
		return false // it may have been taken
	}
	return errors.Is(err, eventstore.ErrTooLarge) || errors.Is(err, eventstore.ErrInvalid) ||
		errors.Is(err, eventstore.ErrUnknownType) || errors.Is(err, eventstore.ErrCorrupt)
}

// load loads a saga; while the store is unavailable it asks again, as appends do.
func (s *session) load(ctx context.Context, ref Ref) SagaLoaded {
	loaded, err := s.o.load(ctx, ref)
	for errors.Is(err, eventstore.ErrUnavailable) && ctx.Err() == nil {
		select {
		case <-time.After(loadAgain):
			loaded, err = s.o.load(ctx, ref)
		case <-ctx.Done():
		}
	}
	in := asLoaded(ref, loaded, err)
	if in.Err != nil && !errors.Is(in.Err, ErrSetAside) {
		s.fail(in.Err)
	}
	return in
}

func (o *Orchestrator) log(t Transition) {
	attrs := []slog.Attr{
		slog.String("saga_id", t.Ref.ID), slog.String("saga_name", t.Ref.Name), slog.String("event", t.Event),
		slog.String("step", t.Step), slog.String("from", t.From), slog.String("to", t.To),
	}
	if t.Attempt > 0 {
		attrs = append(attrs, slog.Int("attempt", t.Attempt))
	}
	if t.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(t.Reason)))
	}
	if t.Error != "" {
		attrs = append(attrs, slog.String("error", t.Error))
	}
	o.cfg.Logger.LogAttrs(context.Background(), slog.LevelInfo, "saga transition", attrs...)
}
