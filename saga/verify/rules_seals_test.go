package verify_test

import (
	"context"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga/verify"
)

func sealOf(t rapid.TB, source verify.Source) *verify.Seal {
	seal, err := verify.MakeSeal(context.Background(), source, noon)
	require.NoError(t, err)
	return seal
}

// two is a log of two sagas that have completed.
func two(t rapid.TB) events {
	s := happy(t)
	s.pen.story(pair(), "2").started()
	return s.done()
}

// ofSeals breaks a log that was sealed.
func ofSeals() map[string][]breach {
	sealed := func(change func(log events) events, also ...string) breach {
		return breach{
			log:    func(t rapid.TB) events { return change(two(t)) },
			config: func(t rapid.TB) verify.Config { return verify.Config{Seal: sealOf(t, two(t))} },
			also:   also,
		}
	}
	other := func(t rapid.TB) verify.Config {
		seal := *sealOf(t, two(t))
		seal.LogID = "another"
		return verify.Config{Seal: &seal}
	}
	return map[string][]breach{
		"T1": {{log: two, config: other}},
		"T2": {sealed(func(log events) events { return log[:len(log)-1] }, "T5")},
		"T3": {sealed(func(log events) events { return slices.Delete(log, 5, 6).renumbered() }, "T5", "G18")},
		"T4": {sealed(func(log events) events {
			log[6].Metadata = []byte(`{"actor":"bob","at":"2026-01-02T12:00:00Z"}`)
			return log.rechained()
		}, "T5")},
		"T5": {sealed(func(log events) events {
			log[5], log[6] = log[6], log[5]
			return log.renumbered()
		})},
	}
}
