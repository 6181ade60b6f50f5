package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestLintKnowsGroupsWaitsAndDeadlines(t *testing.T) {
	booked := saga.StepOptions{Compensation: saga.AttemptOptions{Timeout: time.Second}} // which can be undone within the Deadline
	d := define("Tour",
		saga.Parallel("book", compensable("flight", booked), compensable("hotel", booked)).Limit(2),
		retriable("send", saga.StepOptions{}),
		saga.Await[goods]("receipt", saga.AwaitOptions[bool]{Timeout: time.Hour}),
	)
	d.Deadline = 10 * time.Minute
	found := func() (rules []saga.LintRule) {
		for _, finding := range saga.Lint(d) {
			if finding.Rule != saga.LintSameAction && finding.Rule != saga.LintSameCompensation {
				rules = append(rules, finding.Rule)
			}
		}
		return rules
	}
	require.Equal(t, []saga.LintRule{saga.LintDeadline, saga.LintGroupLimit, saga.LintLateWait}, found())

	d.Deadline, d.Steps[0] = 2*time.Hour, d.Steps[0].Limit(1)
	d.Steps[2] = saga.Await[goods]("receipt", saga.AwaitOptions[bool]{})
	require.Empty(t, found())
}
