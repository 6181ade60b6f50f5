// Package saga runs sagas: long business transactions across services that share no database transaction. A saga is a
// list of steps, each with a compensation that undoes it; when a step fails for good, the steps that may have happened
// are compensated in the reverse order of their start.
//
// There are four things to know. A [Definition] describes a kind of saga as data and functions. An [Orchestrator] runs
// sagas of the definitions registered with it. An [Instance] is one saga: an aggregate, the fold of its [Event]s, whose
// decisions are pure. An [Engine] is the state machine over all sagas in hand, pure as well; the orchestrator only
// carries out its effects.
//
// # Guarantees
//
//   - Durable first: an attempt is recorded before it runs, and its outcome before anything that follows from it.
//   - At least once: an attempt may run again after a crash, always with the same idempotency key for one saga, step and
//     direction. A participant that keeps the key under a unique index has each effect at most once.
//   - Every ending of an action but success and a [Permanent] error leaves its outcome unknown, and a step with an
//     unknown outcome is compensated like one that happened.
//   - Compensations run one at a time, in strict reverse start order, each until it has succeeded. What automation
//     cannot do is [Parked]: it waits, visibly, for a person, and is never skipped in silence.
//   - After the point of no return nothing is compensated; what follows is retried, then parked.
//   - Timeouts and retry delays are instants in events: a restart keeps them.
//   - Two orchestrators can never both go on with one saga: each append names the revision that it follows.
//
// # Side by side, and waiting
//
// [Parallel] makes a group of steps that run at the same time, its branches; the step behind the group begins when all have
// succeeded, and finds all their results. One that fails for good lets those that run come to an end, and then everything
// is compensated, one step at a time. [Step.Limit] bounds how many run at once.
//
// [Await] makes a step that waits for a signal: [Orchestrator.Signal], or projector sagas signal, hands it over, from any
// process and also before the saga waits for it. The payload is the step's result. A wait holds no worker, survives
// restarts, and has a limit only if its options give one. Definition.Deadline limits a saga as a whole: when it passes before
// the point of no return, the saga is compensated as if it were cancelled, and after it the saga is marked as overdue.
//
//	Steps: []saga.Step[Loan]{
//		saga.Parallel("checks",
//			saga.ReadOnly("credit", s.CheckCredit, saga.StepOptions{}),
//			saga.Compensable("reserve", s.Reserve, s.Release, saga.StepOptions{}),
//		),
//		saga.Await[Loan]("approval", saga.AwaitOptions[Decision]{Timeout: 72 * time.Hour}),
//		saga.Pivot("pay_out", s.PayOut, saga.StepOptions{}),
//	},
//	Deadline: 7 * 24 * time.Hour,
//
// # The stream of a saga
//
// The stream saga:<Name>-<id> is inbox and outbox of the saga and holds nothing else. The outcome of a step and the
// start of the next are one append, so a saga of four steps costs five:
//
//	SagaStarted, StepStarted 1 │ StepCompleted 1, StepStarted 2 │ … │ StepCompleted 4, SagaCompleted
package saga
