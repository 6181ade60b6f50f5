package sagatest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	fulfilment "github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

type fulfil = saga.Definition[fulfilment.Order]

// reoptioned gives one step of the order saga other options, and the definition a new version.
func reoptioned(step int, change func(*saga.StepOptions)) fulfil {
	d := orders()
	d.Version = 2
	retry := saga.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: 4 * time.Second}
	o := saga.StepOptions{
		Timeout: 3 * time.Second, Retry: retry, Compensation: saga.AttemptOptions{Timeout: 3 * time.Second, Retry: retry},
	}
	change(&o)
	s := (*fulfilment.Services)(nil)
	d.Steps = append([]saga.Step[fulfilment.Order]{}, d.Steps...)
	switch step {
	case 0:
		d.Steps[0] = saga.Compensable(fulfilment.StepReserve, s.ReserveItems, s.ReleaseReservation, o)
	case 2:
		d.Steps[2] = saga.Compensable(fulfilment.StepShip, s.CreateShipment, s.CancelShipment, o)
	}
	return d
}

func differs(t *testing.T, name string, d fulfil) (*sagatest.Difference, string) {
	t.Helper()
	j := &judge{}
	difference := sagatest.CheckHistory(j, history(t, name), d)
	require.NotNil(t, difference)
	require.Len(t, j.errors, 1)
	require.Equal(t, difference.String(), j.errors[0])
	t.Log("\n" + j.errors[0])
	return difference, j.errors[0]
}

func TestAChangedDefinitionThatWouldTakeAnotherCourseIsNoticed(t *testing.T) {
	t.Run("more attempts", func(t *testing.T) {
		d, told := differs(t, "compensated", reoptioned(2, func(o *saga.StepOptions) { o.Retry.MaximumAttempts = 5 }))
		require.Equal(t, int64(19), d.Revision)
		require.Equal(t, "CompensationRequested", d.Recorded[1].EventType())
		require.Equal(t, "StepRetryScheduled", d.Now[1].EventType())
		require.Contains(t, told, "create_shipment: Retry.MaximumAttempts is 5, it was 3\n    its version is 2, it was 1")
	})
	t.Run("fewer attempts", func(t *testing.T) {
		d, _ := differs(t, "compensated", reoptioned(0, func(o *saga.StepOptions) { o.Retry.MaximumAttempts = 2 }))
		require.Equal(t, int64(6), d.Revision)
	})
	t.Run("a timeout that had not passed", func(t *testing.T) {
		d, told := differs(t, "compensated", reoptioned(2, func(o *saga.StepOptions) { o.Timeout = time.Minute }))
		require.Equal(t, int64(12), d.Revision)
		require.Contains(t, told, "nothing leads to StepTimedOut create_shipment 1, which was at "+
			"2026-11-21T12:46:15.497170543Z: the attempt has until 2026-11-21T12:47:12.497Z now")
	})
	t.Run("a timeout that had passed", func(t *testing.T) {
		d, _ := differs(t, "compensated", reoptioned(0, func(o *saga.StepOptions) { o.Timeout = 2 * time.Millisecond }))
		require.Equal(t, int64(8), d.Revision, "the third attempt took 3 ms")
		require.Equal(t, "StepTimedOut", d.Now[0].EventType())
	})
	t.Run("a compensation that is gone", func(t *testing.T) {
		changed := orders()
		changed.Steps[2] = saga.ReadOnly(fulfilment.StepShip, (*fulfilment.Services)(nil).CreateShipment, saga.StepOptions{
			Timeout: 3 * time.Second,
		})
		d, told := differs(t, "compensated", changed)
		require.Contains(t, told, "its version is still 1: raise it")
		require.Contains(t, told, "create_shipment: its kind is read_only, it was compensable")
		require.GreaterOrEqual(t, d.Revision, int64(13))
	})
	t.Run("another order of steps, a new one and one that is gone", func(t *testing.T) {
		changed := orders()
		changed.Steps = []saga.Step[fulfilment.Order]{changed.Steps[1], changed.Steps[0], changed.Steps[2], saga.ReadOnly(
			"look", (*fulfilment.Services)(nil).CreateShipment, saga.StepOptions{})}
		d, told := differs(t, "completed", changed)
		require.Equal(t, int64(1), d.Revision)
		require.Contains(t, told, "- StepStarted reserve_inventory 1\n")
		require.Contains(t, told, "+ StepStarted process_payment 1\n")
		require.Contains(t, told, "process_payment is step 1, it was step 2")
		require.Contains(t, told, "send_confirmation is no longer a step")
		require.Contains(t, told, "look is new, as step 4")
	})
	t.Run("a step behind the last", func(t *testing.T) {
		changed := orders()
		changed.Steps = append(changed.Steps, saga.ReadOnly("look", (*fulfilment.Services)(nil).CreateShipment, saga.StepOptions{}))
		d, told := differs(t, "completed", changed)
		require.Equal(t, int64(18), d.Revision)
		require.Contains(t, told, "- SagaCompleted\n  + StepStarted look 1")
		require.Nil(t, sagatest.CheckHistory(t, history(t, "compensated"), changed), "that one never came so far")
	})
}

func TestADefinitionThatChangesNothingOfACourseIsAccepted(t *testing.T) {
	for name, change := range map[string]func(*saga.StepOptions){
		"a longer timeout":              func(o *saga.StepOptions) { o.Timeout = time.Minute },
		"other delays":                  func(o *saga.StepOptions) { o.Retry.InitialInterval = time.Second },
		"time for all attempts":         func(o *saga.StepOptions) { o.TotalTimeout = time.Hour },
		"more attempts of compensation": func(o *saga.StepOptions) { o.Compensation.Retry.MaximumAttempts = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			require.Nil(t, sagatest.CheckHistory(t, history(t, "compensated"), reoptioned(0, change)))
		})
	}
}

func TestAHistoryThatIsNotOfTheDefinitionIsNoticed(t *testing.T) {
	j := &judge{}
	other := orders()
	other.Name = "Trip"
	require.NotNil(t, sagatest.CheckHistory(j, history(t, "completed"), other))
	require.Contains(t, j.errors[0], "it is a saga of OrderFulfillment, and the definition is that of Trip")
	require.Nil(t, sagatest.RerunHistory(j, history(t, "completed"), other))
	require.Contains(t, j.errors[1], "is a saga of OrderFulfillment")

	numbers := saga.Definition[[]int]{Name: "OrderFulfillment", Version: 1, Steps: []saga.Step[[]int]{
		saga.ReadOnly("count", answered[[]int], saga.StepOptions{}),
	}}
	d := sagatest.CheckHistory(j, history(t, "completed"), numbers)
	require.Contains(t, d.Why, "its data does not fit []int")

	require.NotNil(t, sagatest.CheckHistory(j, history(t, "completed"), fulfil{Name: "OrderFulfillment"}))
	require.Contains(t, j.errors[3], "it has no steps")
	require.Nil(t, sagatest.RerunHistory(j, history(t, "completed"), fulfil{Name: "OrderFulfillment"}))
}

func TestAnOlderDefinitionLeavesTheSagaAlone(t *testing.T) {
	j := &judge{}
	h := madeOf(t, 3, nil)
	old := small(2)
	d := sagatest.CheckHistory(j, h, old)
	require.Contains(t, d.Why, "goes by version 3 of the definition, and this is version 2")
}

func TestASagaThatHasNotEndedNeedsTheStepsOfItsPlan(t *testing.T) {
	h := madeOf(t, 1, func(i int) bool { return i <= 3 }) // its second step is open
	without := small(2)
	without.Steps = without.Steps[:1]
	without.Steps = append(without.Steps, saga.Compensable("ship", answered[parcel], undone, saga.StepOptions{}))
	j := &judge{}
	require.NotNil(t, sagatest.CheckHistory(j, h, without))

	h = madeOf(t, 1, func(i int) bool { return i <= 2 }) // its first step has succeeded, and nothing follows yet
	d := sagatest.CheckHistory(j, h, without)
	require.NotNil(t, d)
	require.Contains(t, d.Why, "it has not ended, and the definition no longer has the action of step 2 of its plan, pay")
	require.Nil(t, sagatest.CheckHistory(t, h, small(1)))
}
