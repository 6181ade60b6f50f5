package verify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// breach is a log that breaks a rule, as small as can be, and the config that it takes to see it.
type breach struct {
	log    func(t rapid.TB) events
	config func(t rapid.TB) verify.Config
	also   []string // rules that cannot but be broken with it
}

func plain(log func(t rapid.TB) events, also ...string) breach { return breach{log: log, also: also} }

// told turns a story into a log.
func told(tale func(t rapid.TB) *story, also ...string) breach {
	return plain(func(t rapid.TB) events { return tale(t).done() }, also...)
}

// Every rule is broken by a log of its own, and no rule of the package is without one.
func TestEachRuleFires(t *testing.T) {
	breaches := map[string][]breach{}
	for _, part := range []map[string][]breach{
		ofStreams(), ofMetadata(), ofForward(), ofAttempts(), ofRetries(), ofBackward(), ofCompensations(), ofEnds(),
		ofParking(), ofOperators(), ofMigrations(), ofPolicies(), ofResolutions(), ofSkips(), ofBranches(), ofChildren(), ofWaits(), ofDeadlines(), ofLateNews(), ofIndexes(), ofReplays(),
		ofLedgers(), ofSeals(),
	} {
		for rule, list := range part {
			breaches[rule] = append(breaches[rule], list...)
		}
	}
	for _, rule := range verify.Rules() {
		require.NotEmpty(t, breaches[rule.Number], "%s is shown to fire", rule.Number)
		require.Greater(t, len(rule.Sentence), 20)
		t.Run(rule.Number+" "+rule.Sentence, func(t *testing.T) {
			for i, b := range breaches[rule.Number] {
				cfg := verify.Config{}
				if b.config != nil {
					cfg = b.config(t)
				}
				log := b.log(t)
				report := check(t, log, cfg)
				require.ErrorIs(t, report.Err(), verify.ErrBroken, "breach %d", i)
				require.ElementsMatch(t, append([]string{rule.Number}, b.also...), rules(report), "breach %d: %v", i, report.Violations)
				for _, v := range report.Violations {
					require.NotEmpty(t, v.Sentence)
					require.Contains(t, v.String(), v.Rule)
				}
			}
		})
	}
	require.Len(t, breaches, len(verify.Rules()))
}

func TestTheStoriesThatTheBreachesStartFromAreSound(t *testing.T) {
	accept(t, happy(t).done())
	accept(t, bothDone(t).undoes("b", 1, false).undid("b", 1).undoes("a", 1, true).undid("a", 1).fails("b").done())
	accept(t, lateStory(t).done())
	accept(t, tell(t, pair()).does("a", 1).cancels().did("a", 1).turnsCancelled("a").undoes("a", 1, true).undid("a", 1).fails("").done())
	accept(t, tell(t, pair()).does("a", 1).did("a", 1).does("b", 1).terminates("a", "b").done())
}

func ofStreams() map[string][]breach {
	return map[string][]breach{
		"S1": {plain(func(t rapid.TB) events {
			p := newPen(t)
			p.raw("account-1", "Opened", []byte("{}"))
			p.raw("account-1", "Closed", []byte("{}"))
			log := p.log.renumbered()
			log[1].Revision = 2
			return log
		})},
		"S2": {plain(func(t rapid.TB) events {
			p := newPen(t)
			p.raw("account-1", "Opened", nil)
			p.raw("account-2", "Opened", nil)
			p.log[1].ID = p.log[0].ID
			return p.done()
		})},
		"S3": {plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[3].Position = log[2].Position
			return log
		})},
		"S8": {plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[0].Data = append(log[0].Data, ' ')
			return log
		}), plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[5].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z"}`)
			return log
		})},
	}
}

func ofMetadata() map[string][]breach {
	return map[string][]breach{
		"S9": {told(func(t rapid.TB) *story {
			s := tell(t, pair()).does("a", 1).failed("a", 1).retry("a", 2, 10*time.Second)
			s.pass(9 * time.Second)
			return s.does("a", 2)
		}), told(func(t rapid.TB) *story {
			s := tell(t, pair()).does("a", 1)
			return s.add(saga.StepTimedOut{AttemptRef: saga.AttemptRef{Step: "a", Attempt: 1}}).retry("a", 2, 70*time.Second)
		}), plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[5].Metadata = []byte(`{"actor":"x"}`)
			return withHash(log)
		})},
		"F1": {plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[1].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z","fence":7}`)
			log[2].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z","fence":8}`)
			log[3].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z","fence":7}`)
			log[4].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z","fence":8}`)
			log[5].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z","fence":8}`)
			return withHash(log)
		})},
		"F2": {plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[1].Metadata = []byte(`{"actor":"one","at":"2026-01-02T12:00:00Z","fence":7}`)
			log[2].Metadata = []byte(`{"actor":"two","at":"2026-01-02T12:00:00Z","fence":7}`)
			return withHash(log)
		})},
		"G24": {plain(func(t rapid.TB) events {
			s := tell(t, pair())
			s.raw(s.stream, "SagaDreamt", []byte("{}"))
			return s.done()
		}), plain(func(t rapid.TB) events {
			s := tell(t, pair())
			s.raw(s.stream, saga.TypeStepStarted, []byte(`{"step":7}`))
			return s.done()
		}), plain(func(t rapid.TB) events {
			s := newPen(t).story(pair(), "1")
			s.raw(s.stream, saga.TypeSagaStarted, []byte(`{"name":"Pair","id":"1","plan":7}`))
			return s.done()
		}), plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[5].Metadata = []byte(`{"at":"2026-01-02T12:00:00Z","schema":2}`)
			return withHash(log)
		}), plain(func(t rapid.TB) events {
			log := happy(t).done()
			log[5].Metadata = []byte(`{"at":7}`)
			return withHash(log)
		})},
	}
}

// withHash chains a log anew as it stands.
func withHash(log events) events { return log.rechained() }
