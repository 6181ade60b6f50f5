package saga_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

type clerk struct{ name string }

func (c *clerk) do(context.Context, saga.Call[goods]) (string, error) { return c.name, nil }
func (clerk) undo(context.Context, saga.Call[goods], *string) error   { return nil }
func generic[D any](context.Context, saga.Call[D]) (string, error)    { return "", nil }
func book(context.Context, saga.Call[goods]) (string, error)          { return inlined(), nil }
func rent(context.Context, saga.Call[goods]) (string, error)          { return inlined(), nil }
func unbook(context.Context, saga.Call[goods], *string) error         { return nil }
func unrent(context.Context, saga.Call[goods], *string) error         { return nil }
func inlined() string                                                 { return "" }
func named(n string, do func(context.Context, saga.Call[goods]) (string, error)) saga.Step[goods] {
	undo := func(context.Context, saga.Call[goods], *string) error { return nil }
	return saga.Compensable(n, do, undo, saga.StepOptions{})
}

func TestTwoStepsWithOneFunctionAreFound(t *testing.T) {
	var o saga.StepOptions
	twice := define("D", saga.Compensable("a", book, unbook, o), named("b", rent), saga.Compensable("c", book, unbook, o))
	require.Equal(t, []string{"D c same-action", "D c same-compensation"}, found(twice))
	require.Contains(t, saga.Lint(twice)[0].String(),
		`D, step c: its action is saga_test.book, which is that of step "a" as well (same-action): give each step`)
	require.Empty(t, found(define("D", saga.Compensable("a", book, unbook, o), saga.Compensable("b", rent, unrent, o))))
	require.Equal(t, []string{"D b same-action"}, found(define("D", named("a", walktest.Do), named("b", walktest.Do))))
}

func TestFunctionsThatMayBeBoundToDifferentThingsAreNotCompared(t *testing.T) {
	ann, bob := &clerk{"ann"}, &clerk{"bob"}
	var o saga.StepOptions
	asks := func(whom *clerk) func(context.Context, saga.Call[goods]) (string, error) {
		return func(context.Context, saga.Call[goods]) (string, error) { return whom.name, nil }
	}
	require.Empty(t, found(define("D",
		saga.Compensable("a", ann.do, ann.undo, o), saga.Compensable("b", bob.do, bob.undo, o),
		named("c", asks(ann)), named("d", asks(bob)), named("e", generic[goods]), named("f", generic[goods]),
	)))
}

func TestNamesThatDifferInCaseOnlyAreFound(t *testing.T) {
	findings := saga.Lint(define("D", named("book", book), named("rent", rent), named("Book", (&clerk{}).do)))
	require.Len(t, findings, 1)
	require.Equal(t, "Book", findings[0].Step)
	require.Equal(t, `its name differs from that of step "book" in upper and lower case only`, findings[0].What)
	require.Empty(t, found(define("D", named("book", book), named("books", rent))))

	one, other := define("Trip", named("book", book)), define("trip", named("book", book))
	require.Equal(t, []string{"Trip  similar-names", "trip  similar-names"}, found(one, other, one))
	other.Name = "Trips"
	require.Empty(t, found(one, other))
}

func TestOfADefinitionThatIsRefusedOnlyThatIsSaid(t *testing.T) {
	broken := define("D", literal("a", saga.StepOptions{Timeout: 1, TotalTimeout: -1}), literal("A", saga.StepOptions{}))
	broken.Version = 0
	findings := saga.Lint(broken)
	require.Len(t, findings, 1)
	require.Equal(t, saga.LintInvalid, findings[0].Rule)
	require.Equal(t, "version is 0, it must be 1 or more; step \"a\": TotalTimeout is -1ns, it must not be negative", findings[0].What)
	require.Equal(t, []string{"-  invalid", "D  invalid"}, found(broken, nil))
}

func TestFindingsHaveOneOrderWhateverTheOrderOfDefinitions(t *testing.T) {
	moved := 0
	rapid.Check(t, func(t *rapid.T) {
		var all []saga.AnyDefinition
		for i := range rapid.IntRange(1, 5).Draw(t, "definitions") {
			d := walktest.Definition(t, rapid.SampledFrom([]string{"a", "A", "b"}).Draw(t, "name"))
			d.Version = i + 1
			all = append(all, d)
		}
		want := saga.Lint(all...)
		require.Equal(t, want, saga.Lint(all...))
		for _, f := range want {
			require.NotEmpty(t, f.What)
			require.NotEmpty(t, f.Remedy)
			require.NotEqual(t, saga.LintInvalid, f.Rule)
		}
		shuffled := slices.Clone(all)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		random.Shuffle(len(all), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if len(want) > 1 && !slices.Equal(found(shuffled[0]), found(all[0])) {
			moved++
		}
		require.Equal(t, want, saga.Lint(shuffled...))
	})
	require.NotZero(t, moved, "nothing was found that could change its place")
}
