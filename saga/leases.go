package saga

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// leases keeps the leases of a session renewed. Its methods may be called by any goroutine.
type leases struct {
	leaser eventstore.Leaser
	base   eventstore.LeaseRequest
	logger *slog.Logger
	wake   chan struct{} // holds a token when the next call shall not wait

	mu       sync.Mutex
	returned []eventstore.ShardLease
	above    uint64
}

// granted is what a call has granted, and until when it may be relied on.
type granted struct {
	change LeasesChanged
	until  time.Time
}

// ownerName names one run of an orchestrator.
func ownerName(orchestrator string) (string, error) {
	id, err := eventstore.NewEventID()
	if err != nil {
		return "", err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	text := id.String()
	return fmt.Sprintf("%s@%.60s:%d:%s", orchestrator, host, os.Getpid(), text[len(text)-8:]), nil
}

// renewals is how often leases are renewed within their time, and retries how often when a call has failed.
const (
	renewals = 3
	retries  = 10
)

// longestCall is what a call may take when others have failed before it, and leases last no longer than that.
const longestCall = 10 * time.Second

// run renews until ctx ends, and hands over what is granted. It gives an error that no further call can mend.
func (l *leases) run(ctx context.Context, hand func(granted)) error {
	next := time.NewTimer(0)
	defer next.Stop()
	patience := l.base.TTL / renewals // a call that gets no answer is given up while there is time for another one
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		case <-l.wake:
		}
		sent := time.Now() // before the call: the store counts from a later instant
		grant, err := l.call(ctx, sent.Add(patience))
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			hand(granted{change: LeasesChanged{Held: grant.Shards, Return: grant.Return}, until: sent.Add(l.base.TTL)})
			patience = l.base.TTL / renewals
			next.Reset(l.base.TTL / renewals)
		case errors.Is(err, eventstore.ErrInvalid), errors.Is(err, eventstore.ErrDenied), errors.Is(err, eventstore.ErrClosed),
			errors.Is(err, eventstore.ErrCorrupt):
			return fmt.Errorf("renew the leases: %w", err)
		default:
			l.logger.Warn("leases were not renewed", slog.Any("error", err))
			// Where it takes longer to connect than one waits, one would never be connected.
			patience = min(2*patience, max(l.base.TTL, longestCall))
			next.Reset(l.base.TTL / retries)
		}
	}
}

func (l *leases) call(ctx context.Context, deadline time.Time) (eventstore.LeaseGrant, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	request := l.base
	l.mu.Lock()
	request.Above = l.above
	returned := slices.Clone(l.returned)
	l.mu.Unlock()
	request.Returned = returned
	grant, err := l.leaser.Lease(ctx, request)
	if err == nil {
		l.mu.Lock()
		l.returned = slices.DeleteFunc(l.returned, func(lease eventstore.ShardLease) bool {
			return slices.Contains(returned, lease)
		})
		l.mu.Unlock()
	}
	return grant, err
}

// leave ends the membership, so that nobody has to wait until it lapses.
func (l *leases) leave() {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request := l.base
	request.Leave = true
	if _, err := l.leaser.Lease(ctx, request); err != nil {
		l.logger.Warn("leases were not returned, they lapse by themselves", slog.Any("error", err))
	}
}

// giveBack returns a shard with the next call, which is soon.
func (l *leases) giveBack(lease eventstore.ShardLease) {
	l.mu.Lock()
	l.returned = append(l.returned, lease)
	l.mu.Unlock()
	l.soon()
}

// raise asks for tokens above one that is in the log already.
func (l *leases) raise(fence uint64) {
	l.mu.Lock()
	raised := fence > l.above
	l.above = max(l.above, fence)
	l.mu.Unlock()
	if raised {
		l.soon()
	}
}

func (l *leases) soon() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
