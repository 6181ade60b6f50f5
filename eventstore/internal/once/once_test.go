package once_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/once"
)

func TestASecondLoopGetsAnErrorAndNothingElse(t *testing.T) {
	read := 0
	seq := once.Seq(func(yield func(int, error) bool) {
		read++
		for i := 1; i <= 3 && yield(i, nil); i++ {
		}
	})
	for n, err := range seq {
		require.NoError(t, err)
		if n == 2 { // a loop that is left counts as one
			break
		}
	}
	loops := 0
	for n, err := range seq {
		loops++
		require.Zero(t, n)
		require.ErrorIs(t, err, eventstore.ErrInvalid)
	}
	require.Equal(t, 1, loops)
	require.Equal(t, 1, read)
}
