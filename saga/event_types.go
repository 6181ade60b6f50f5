package saga

// The names of event types in the log. They are part of the format: a Go type may be renamed, its name here may not.
const (
	TypeSagaStarted                = "SagaStarted"
	TypeSagaCompleted              = "SagaCompleted"
	TypeSagaFailed                 = "SagaFailed"
	TypeSagaParked                 = "SagaParked"
	TypeSagaCancelRequested        = "SagaCancelRequested"
	TypeSagaTerminated             = "SagaTerminated"
	TypeSagaPaused                 = "SagaPaused"
	TypeSagaResumed                = "SagaResumed"
	TypeDeadlineExtended           = "DeadlineExtended"
	TypeRetryPolicyChanged         = "RetryPolicyChanged"
	TypeSagaMigrated               = "SagaMigrated"
	TypeSagaOverdue                = "SagaOverdue"
	TypeSignalReceived             = "SignalReceived"
	TypeStepStarted                = "StepStarted"
	TypeStepCompleted              = "StepCompleted"
	TypeStepFailed                 = "StepFailed"
	TypeStepTimedOut               = "StepTimedOut"
	TypeStepInterrupted            = "StepInterrupted"
	TypeStepRetryScheduled         = "StepRetryScheduled"
	TypeStepRedriven               = "StepRedriven"
	TypeStepResolved               = "StepResolved"
	TypeStepSkipped                = "StepSkipped"
	TypeStepGivenUp                = "StepGivenUp"
	TypeChildRequested             = "ChildRequested"
	TypeCompensationRequested      = "CompensationRequested"
	TypeCompensationStarted        = "CompensationStarted"
	TypeCompensationCompleted      = "CompensationCompleted"
	TypeCompensationFailed         = "CompensationFailed"
	TypeCompensationTimedOut       = "CompensationTimedOut"
	TypeCompensationInterrupted    = "CompensationInterrupted"
	TypeCompensationRetryScheduled = "CompensationRetryScheduled"
)

// EventType returns TypeSagaStarted.
func (SagaStarted) EventType() string { return TypeSagaStarted }

// EventType returns TypeSagaCompleted.
func (SagaCompleted) EventType() string { return TypeSagaCompleted }

// EventType returns TypeSagaFailed.
func (SagaFailed) EventType() string { return TypeSagaFailed }

// EventType returns TypeSagaParked.
func (SagaParked) EventType() string { return TypeSagaParked }

// EventType returns TypeSagaCancelRequested.
func (SagaCancelRequested) EventType() string { return TypeSagaCancelRequested }

// EventType returns TypeSagaTerminated.
func (SagaTerminated) EventType() string { return TypeSagaTerminated }

// EventType returns TypeSagaPaused.
func (SagaPaused) EventType() string { return TypeSagaPaused }

// EventType returns TypeSagaResumed.
func (SagaResumed) EventType() string { return TypeSagaResumed }

// EventType returns TypeRetryPolicyChanged.
func (RetryPolicyChanged) EventType() string { return TypeRetryPolicyChanged }

// EventType returns TypeDeadlineExtended.
func (DeadlineExtended) EventType() string { return TypeDeadlineExtended }

// EventType returns TypeSagaMigrated.
func (SagaMigrated) EventType() string { return TypeSagaMigrated }

// EventType returns TypeSagaOverdue.
func (SagaOverdue) EventType() string { return TypeSagaOverdue }

// EventType returns TypeSignalReceived.
func (SignalReceived) EventType() string { return TypeSignalReceived }

// EventType returns TypeStepStarted.
func (StepStarted) EventType() string { return TypeStepStarted }

// EventType returns TypeStepCompleted.
func (StepCompleted) EventType() string { return TypeStepCompleted }

// EventType returns TypeStepFailed.
func (StepFailed) EventType() string { return TypeStepFailed }

// EventType returns TypeStepTimedOut.
func (StepTimedOut) EventType() string { return TypeStepTimedOut }

// EventType returns TypeStepInterrupted.
func (StepInterrupted) EventType() string { return TypeStepInterrupted }

// EventType returns TypeStepRetryScheduled.
func (StepRetryScheduled) EventType() string { return TypeStepRetryScheduled }

// EventType returns TypeStepRedriven.
func (StepRedriven) EventType() string { return TypeStepRedriven }

// EventType returns TypeStepResolved.
func (StepResolved) EventType() string { return TypeStepResolved }

// EventType returns TypeStepSkipped.
func (StepSkipped) EventType() string { return TypeStepSkipped }

// EventType returns TypeChildRequested.
func (ChildRequested) EventType() string { return TypeChildRequested }

// EventType returns TypeStepGivenUp.
func (StepGivenUp) EventType() string { return TypeStepGivenUp }

// EventType returns TypeCompensationRequested.
func (CompensationRequested) EventType() string { return TypeCompensationRequested }

// EventType returns TypeCompensationStarted.
func (CompensationStarted) EventType() string { return TypeCompensationStarted }

// EventType returns TypeCompensationCompleted.
func (CompensationCompleted) EventType() string { return TypeCompensationCompleted }

// EventType returns TypeCompensationFailed.
func (CompensationFailed) EventType() string { return TypeCompensationFailed }

// EventType returns TypeCompensationTimedOut.
func (CompensationTimedOut) EventType() string { return TypeCompensationTimedOut }

// EventType returns TypeCompensationInterrupted.
func (CompensationInterrupted) EventType() string { return TypeCompensationInterrupted }

// EventType returns TypeCompensationRetryScheduled.
func (CompensationRetryScheduled) EventType() string { return TypeCompensationRetryScheduled }
