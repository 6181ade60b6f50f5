package aggregate_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// Whatever the store answers, and whoever else appends meanwhile, each command that is said to be executed has happened
// once, each that is refused not at all, and the chain of the stream is whole.
func TestCommandsHappenOnceWhateverTheStoreAnswers(t *testing.T) {
	rounds, answers := 0, map[string]int{}
	repository, store := open(t, func(c *aggregate.Config[*Account]) { c.RepeatDelay = time.Nanosecond })
	rapid.Check(t, func(rt *rapid.T) {
		rounds++
		id := string(rune('a'+rounds%26)) + eventstore.NewPosition(uint64(rounds), 0).String()
		plain := &Account{ID: id} // who does each command once, and knows no store
		calls := 0
		store.appending = func(_ int, next next) (eventstore.AppendResult, error) {
			answer := "taken"
			if calls++; calls <= 4 {
				answer = rapid.SampledFrom([]string{"taken", "refused", "lost", "unheard", "overtaken"}).Draw(rt, "answer")
			}
			answers[answer]++
			switch answer {
			case "refused":
				return eventstore.AppendResult{}, eventstore.ErrUnavailable
			case "lost":
				return eventstore.AppendResult{}, eventstore.ErrIndeterminate
			case "unheard":
				_, err := next()
				require.NoError(rt, err)
				return eventstore.AppendResult{}, eventstore.ErrIndeterminate
			case "overtaken":
				// The rival goes past the hook. What the append decided may be as right as before: it is decided again.
				rival(rt, store.Store, plain)
			}
			return next()
		}
		for range rapid.IntRange(1, 6).Draw(rt, "commands") {
			calls = 0
			executeBoth(rt, repository, plain)
		}
		loaded, err := repository.Load(context.Background(), id)
		if *plain == *NewAccount(id) {
			require.ErrorIs(rt, err, eventstore.ErrStreamNotFound, "every command was refused")
			return
		}
		require.NoError(rt, err)
		require.Equal(rt, plain, loaded.Aggregate)
		require.True(rt, loaded.Chain.Complete())
	})
	for _, answer := range []string{"taken", "refused", "lost", "unheard", "overtaken"} {
		require.NotZero(t, answers[answer], "no append was ever %s", answer)
	}
}

// rival deposits a cent by a repository of its own.
func rival(t *rapid.T, store eventstore.Store, plain *Account) {
	registry, err := NewRegistry()
	require.NoError(t, err)
	other, err := aggregate.NewRepository(aggregate.Config[*Account]{
		Store: store, Registry: registry, Category: "account", New: NewAccount,
	})
	require.NoError(t, err)
	if !plain.Open {
		_, err = other.Execute(context.Background(), plain.ID, Open{Owner: "rival"}, aggregate.Envelope{})
		require.NoError(t, err)
		plain.Open = true
	}
	_, err = other.Execute(context.Background(), plain.ID, Deposit{Amount: 1}, aggregate.Envelope{})
	require.NoError(t, err)
	plain.Balance++
}

// executeBoth gives a command to the repository, and then to the plain account, which must come to the same.
func executeBoth(t *rapid.T, repository *accounts, plain *Account) {
	command := rapid.SampledFrom([]Command{Open{}, Deposit{Amount: 5}, Deposit{Amount: 7}, Withdraw{Amount: 6}}).Draw(t, "command")
	_, err := repository.Execute(context.Background(), plain.ID, command, aggregate.Envelope{})
	events, refusal := plain.Decide(command)
	if refusal != nil {
		require.EqualError(t, err, refusal.Error())
		return
	}
	require.NoError(t, err)
	for _, event := range events {
		plain.Evolve(event)
	}
}
