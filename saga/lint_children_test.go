package saga_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestLintFindsAChildBehindThePointOfNoReturn(t *testing.T) {
	works := define("Works", literal("dig", saga.StepOptions{}))
	file := saga.Retriable("file", func(context.Context, saga.Call[goods]) (int, error) { return 1, nil }, saga.StepOptions{})
	stays := saga.ChildOptions[goods]{NothingToUndo: true}
	late := define("Contract", pivot("sign", saga.StepOptions{}), saga.Child("works", "Works", dataOfChild, stays), file)
	require.Equal(t, []string{"Contract works late-child"}, found(works, late))
	early := define("Contract", saga.Child("works", "Works", dataOfChild, stays), pivot("sign", saga.StepOptions{}), file)
	require.Empty(t, found(works, early))
}

func TestLintFindsDefinitionsThatStartThemselves(t *testing.T) {
	stays := saga.ChildOptions[goods]{NothingToUndo: true}
	itself := define("Works", saga.Child("more", "Works", dataOfChild, stays))
	require.Equal(t, []string{"Works more starts-itself"}, found(itself))
	one := define("One", saga.Child("two", "Two", dataOfChild, stays))
	two := define("Two", saga.Child("one", "One", dataOfChild, stays))
	require.Equal(t, []string{"One two starts-itself", "Two one starts-itself"}, found(two, one))
	require.Empty(t, found(one, define("Two", literal("dig", saga.StepOptions{}))))
}

func TestLintLooksAtTheHighestVersionOfTheSagasThatAreStarted(t *testing.T) {
	stays := saga.ChildOptions[goods]{NothingToUndo: true}
	itself := define("Works", saga.Child("more", "Contract", dataOfChild, stays))
	ends := define("Works", literal("dig", saga.StepOptions{}))
	ends.Version = 2
	contract := define("Contract", saga.Child("works", "Works", dataOfChild, stays))
	for _, order := range [][]saga.AnyDefinition{{itself, ends, contract}, {contract, ends, itself}} {
		require.Equal(t, []string{"Works more starts-itself"}, found(order...))
	}
	itself.Version = 3
	require.Equal(t, []string{"Contract works starts-itself", "Works more starts-itself"}, found(ends, itself, contract))
}

func TestLintFindsACompensationOfAChildThatIsSlowerThanTheSaga(t *testing.T) {
	demolition := define("Demolition", literal("tear", saga.StepOptions{Timeout: time.Hour, Retry: saga.RetryPolicy{MaximumAttempts: 2}}))
	o := bySaga()
	o.Compensation = saga.AttemptOptions{Timeout: time.Minute, Retry: saga.RetryPolicy{MaximumAttempts: 2}}
	contract := define("Contract", saga.Child("works", "Works", dataOfChild, o))
	contract.Deadline = 90 * time.Minute
	require.Equal(t, []string{"Contract works slow-undo"}, found(demolition, contract))
	contract.Deadline = 3 * time.Hour
	require.Empty(t, found(demolition, contract))
}
