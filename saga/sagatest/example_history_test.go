package sagatest_test

import (
	"fmt"
	"os"
	"time"

	fulfilment "github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// The file comes from: projector sagas export ORD-000012 --file testdata/history/compensated.jsonl
const compensated = "testdata/history/compensated.jsonl"

func ExampleFromHistory() {
	h, err := sagatest.FromHistory(compensated)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Ref())
	for revision, event := range h.Events()[17:21] {
		fmt.Println(17+revision, event.EventType())
	}
	_, err = sagatest.FromHistory("testdata/history/none.jsonl")
	fmt.Println(err)
	// Output:
	// OrderFulfillment/ORD-000012-xzqjiesq
	// 17 StepStarted
	// 18 StepFailed
	// 19 CompensationRequested
	// 20 CompensationStarted
	// history: open testdata/history/none.jsonl: no such file or directory
}

func ExampleReadHistory() {
	file, err := os.Open(compensated) // or a file of an embed.FS
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	h, err := sagatest.ReadHistory(file)
	fmt.Println(h.Ref(), err)
	// Output: OrderFulfillment/ORD-000012-xzqjiesq <nil>
}

func ExampleHistory_At() {
	h, err := sagatest.FromHistory(compensated)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, revision := range []int64{1, 12, 19, 32} {
		inst, err := h.At(revision)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(revision, inst.State(), inst.Steps()[2].Name, inst.Steps()[2].State)
	}
	_, err = h.At(33)
	fmt.Println(err)
	// Output:
	// 1 started create_shipment pending
	// 12 pending create_shipment unknown
	// 19 compensating create_shipment unknown
	// 32 failed create_shipment compensated
	// OrderFulfillment/ORD-000012-xzqjiesq has no revision 33, its history has those from 0 to 32
}

// What would have happened if the third attempt had succeeded?
func ExampleHistory_Given() {
	t := printer{} // in a test, its *testing.T
	h, err := sagatest.FromHistory(compensated)
	if err != nil {
		fmt.Println(err)
		return
	}
	h.Given(t, 17).
		When(sagatest.Step("create_shipment", sagatest.Succeeds("parcel 9"))).
		Then(saga.StepCompleted{Step: "create_shipment", Attempt: 3},
			saga.StepStarted{AttemptStarted: saga.AttemptStarted{Step: "send_confirmation", Attempt: 1}})
	// Output:
}

// Would the definition, as it is now, still take the course that was taken?
func ExampleCheckHistory() {
	t := printer{} // in a test, its *testing.T
	h, err := sagatest.FromHistory(compensated)
	if err != nil {
		fmt.Println(err)
		return
	}
	steps := (*fulfilment.Services)(nil) // no function is called
	sagatest.CheckHistory(t, h, fulfilment.Definition(steps, fulfilment.Options{Timeout: 3 * time.Second}))

	changed := fulfilment.Definition(steps, fulfilment.Options{Timeout: 3 * time.Second})
	changed.Steps[2] = saga.Compensable("create_shipment", steps.CreateShipment, steps.CancelShipment, saga.StepOptions{
		Timeout: 3 * time.Second, Retry: saga.RetryPolicy{MaximumAttempts: 5, InitialInterval: 200 * time.Millisecond},
	})
	difference := sagatest.CheckHistory(t, h, changed)
	fmt.Println(difference.Revision)
	// Output:
	// OrderFulfillment/ORD-000012-xzqjiesq would not go as it went, from revision 19 on
	//
	// What was recorded (-), and what would be now (+):
	//
	//     StepFailed create_shipment 3 (injected fault: fail before in attempt 3 of create_shipment)
	//   - CompensationRequested because of create_shipment to undo create_shipment, process_payment, reserve_inventory
	//   - CompensationStarted create_shipment 1
	//   + StepRetryScheduled create_shipment 4
	//
	// The definition has changed since:
	//
	//     create_shipment: Retry.MaximumInterval is 1m0s, it was 4s
	//     create_shipment: Retry.MaximumAttempts is 5, it was 3
	//     create_shipment: Compensation.Timeout is 5m0s, it was 3s
	//     create_shipment: Compensation.Retry.InitialInterval is 1s, it was 200ms
	//     create_shipment: Compensation.Retry.MaximumInterval is 1m0s, it was 4s
	//     its version is still 1: raise it
	//
	// 19
}

func ExampleRerunHistory() {
	t := printer{} // in a test, its *testing.T
	for _, name := range []string{"completed", "compensated", "redriven"} {
		h, err := sagatest.FromHistory("testdata/history/" + name + ".jsonl")
		if err != nil {
			fmt.Println(err)
			return
		}
		steps := (*fulfilment.Services)(nil) // the history stands in their place
		end := sagatest.RerunHistory(t, h, fulfilment.Definition(steps, fulfilment.Options{Timeout: 3 * time.Second}))
		fmt.Println(name, end.State(), end.Revision())
	}
	// Output:
	// completed completed 18
	// compensated failed 32
	// redriven failed 68
}
