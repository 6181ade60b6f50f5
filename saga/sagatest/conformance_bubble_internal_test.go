package sagatest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// horizon is long after everything in every scene.
const horizon = 12 * time.Hour

// goShell plays a scene with orchestrators on goroutines, in a bubble whose clock is that of the scene.
type goShell struct {
	t      *testing.T
	scene  *scene
	actors *actors
	store  eventstore.Store
	change func(*saga.Config) // may build a deviation into the shell
	ctx    context.Context    //nolint:containedctx // ends the waiting of everyone in the bubble
	leases *memory.Store      // by the clock of the bubble
	others sync.WaitGroup     // clients, and whatever waits to come back

	mu      sync.Mutex
	lives   []*life // by node, the newest of each
	dead    []*life
	version int // of the definition of whoever comes next
}

// inBubble plays a scene over a store that open makes.
func inBubble(t *testing.T, s *scene, open func(*testing.T) eventstore.Store, change func(*saga.Config)) (told *story) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newActors(s, true)
		g := &goShell{t: t, scene: s, actors: a, store: open(t), change: change, leases: memory.New()}
		defer func() { require.NoError(t, g.store.Close()) }()
		var end context.CancelFunc
		g.ctx, end = context.WithCancel(t.Context())
		defer end()
		g.lives = make([]*life, 1)
		g.boot(0)
		synctest.Wait()
		began := time.Now()
		for _, act := range s.course() {
			time.Sleep(time.Until(began.Add(act.at)))
			g.act(act)
		}
		time.Sleep(horizon)
		aside := g.close(end)
		var err error
		told, err = newStory(g.store, a, aside)
		require.NoError(t, err, "%s", told)
	})
	return told
}

func (g *goShell) act(a act) {
	g.mu.Lock()
	g.version = a.version
	g.mu.Unlock()
	switch a.do {
	case starts:
		g.others.Go(func() { g.ask(a) })
	case boots:
		g.mu.Lock()
		node := len(g.lives)
		g.lives = append(g.lives, nil)
		g.mu.Unlock()
		g.boot(node)
	case stops:
		l := g.live(a.node)
		g.others.Go(func() {
			l.end()
			<-l.ended
			require.NoError(g.t, l.err)
			time.Sleep(crashDowntime)
			g.boot(a.node)
		})
	case redrives:
		g.others.Go(func() { g.redrive(a.ref()) })
	case speaks:
		g.others.Go(func() { g.speak(a) })
	case damages:
		require.NoError(g.t, damage(g.store, a.ref()))
	case signals, cancels, pauses, resumes:
		g.others.Go(func() { require.NoError(g.t, g.operate(a)) })
	}
}

// boot begins a life of an orchestrator.
func (g *goShell) boot(node int) {
	g.mu.Lock()
	version := g.version
	g.mu.Unlock()
	l := newLife(g, node)
	cfg := saga.Config{
		Store: l, Definitions: g.actors.definitions(version), Random: func() float64 { return 0 },
		LeaseTTL: g.scene.ttl, Shards: sceneShards,
	}
	if g.change != nil {
		g.change(&cfg)
	}
	var err error
	l.o, err = saga.New(cfg)
	require.NoError(g.t, err)
	ctx, end := context.WithCancel(context.WithoutCancel(g.ctx))
	l.end = end
	go func() {
		defer close(l.ended)
		l.err = l.o.Run(ctx)
		if l.err != nil && !l.isDead() { // whoever runs the program starts it again
			g.others.Go(func() {
				time.Sleep(crashDowntime)
				g.boot(node)
			})
		}
	}()
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.lives[node]; old != nil && old.isDead() {
		g.dead = append(g.dead, old)
	}
	g.lives[node] = l
}

func (g *goShell) live(node int) *life {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lives[node]
}

// ask is a client that asks every five seconds until it is answered.
func (g *goShell) ask(a act) {
	done := make(chan struct{})
	var once sync.Once
	var asking sync.WaitGroup
	defer asking.Wait()
	for {
		if l := g.live(a.node); !l.isOver() {
			asking.Go(func() {
				created, err := l.o.Start(g.ctx, a.ref().Name, a.ref().ID, parcel{a.item})
				if l.isDead() || g.ctx.Err() != nil {
					return
				}
				g.actors.heard(answered(a, created, err))
				if final(err) {
					once.Do(func() { close(done) })
				}
			})
		}
		select {
		case <-time.After(patience):
		case <-g.ctx.Done():
			return
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// redrive is an operator in a program of their own.
func (g *goShell) redrive(ref saga.Ref) {
	o, err := saga.New(saga.Config{Store: newLife(g, -1), Definitions: g.actors.definitions(1)})
	require.NoError(g.t, err)
	inst, err := o.Load(g.ctx, ref.Name, ref.ID)
	require.NoError(g.t, err)
	err = o.Redrive(g.ctx, ref.Name, ref.ID, "operator", "the cause is removed", inst.Revision())
	if _, parked := inst.Parked(); parked {
		require.NoError(g.t, err)
	}
}

// operate is an operator, or whoever sends a signal, in a program of their own.
func (g *goShell) operate(a act) error {
	o, err := saga.New(saga.Config{Store: newLife(g, -1), Definitions: g.actors.definitions(1)})
	if err != nil {
		return err
	}
	name, id := a.ref().Name, a.ref().ID
	switch a.do {
	case signals:
		return o.Signal(g.ctx, name, id, saga.Signal{ID: a.item, Name: "approval", Payload: a.item, Actor: "sender"})
	case cancels:
		return o.Cancel(g.ctx, name, id, "operator", "not wanted", saga.NotSeen)
	case pauses:
		return o.Pause(g.ctx, name, id, "operator", "to be looked at", saga.NotSeen)
	default:
		return o.Resume(g.ctx, name, id, "operator", "looked at", saga.NotSeen)
	}
}

// close ends everyone, the dead as well, and returns what was left alone.
func (g *goShell) close(end func()) (aside []string) {
	g.mu.Lock()
	lives := slices.Clone(g.lives)
	g.mu.Unlock()
	for _, l := range lives {
		if !l.isDead() {
			status := l.o.Status(g.ctx)
			aside = append(aside, excluded(status.SetAside, status.Untouched)...)
		}
	}
	end()
	g.others.Wait()
	for _, l := range lives {
		if !l.isDead() {
			l.end()
			<-l.ended
			require.NoError(g.t, l.err)
		}
	}
	for _, l := range append(g.dead, lives...) {
		if l.isDead() {
			close(l.buried)
			l.end()
			<-l.ended
		}
	}
	return aside
}
