package verify

// Rule is one promise that a log keeps.
type Rule struct {
	Number   string
	Sentence string
}

// The numbers of the rules. S is for the store, F for ownership, G for the protocol of sagas, C for that between a saga and its children, L for late news, I for
// restart indexes, E for the effects of participants, T for comparison with a seal.
const (
	ruleRevisions  = "S1"
	ruleIDs        = "S2"
	ruleOrder      = "S3"
	ruleChain      = "S8"
	ruleClock      = "S9"
	ruleFence      = "F1"
	ruleOwner      = "F2"
	ruleFirst      = "G1"
	ruleLast       = "G2"
	ruleDefinition = "G3"
	ruleOutcome    = "G4"
	ruleForward    = "G5"
	ruleAttempts   = "G6"
	ruleOnce       = "G7"
	ruleRetry      = "G8"
	ruleKey        = "G9"
	ruleCause      = "G10"
	ruleTurned     = "G11"
	ruleUndoSet    = "G12"
	ruleReverse    = "G13"
	ruleUndoOnce   = "G14"
	ruleUndoTries  = "G15"
	ruleCancel     = "G21"
	rulePivot      = "G16"
	ruleEnd        = "G17"
	ruleFollows    = "G18"
	ruleDeadline   = "G19"
	ruleParked     = "G20"
	ruleIdentity   = "G22"
	ruleReplay     = "G23"
	ruleReadable   = "G24"
	ruleGroup      = "G26"
	ruleSignal     = "G27"
	ruleOverdue    = "G28"
	ruleChild      = "C1"
	ruleChildEnd   = "C2"
	ruleLineage    = "C3"
	ruleLate       = "L1"
	ruleIndex      = "I1"
	ruleIndexed    = "I2"
	ruleOneEffect  = "E1"
	ruleNetEffect  = "E2"
	ruleRequested  = "E3"
	ruleSameLog    = "T1"
	ruleThere      = "T2"
	ruleTail       = "T3"
	ruleHead       = "T4"
	ruleSealOrder  = "T5"
)

// Rules returns every rule that this package checks, in the order of their numbers. The caller owns the slice.
func Rules() []Rule {
	return []Rule{
		{ruleRevisions, "The revisions of a stream are 0, 1, 2 and so on, without a gap and without a repeat."},
		{ruleIDs, "No two events of the log have the same id."},
		{ruleOrder, "Each event is at a higher position than the one before it."},
		{ruleChain, "Each event of a saga carries the hash of everything in its stream up to and including itself."},
		{ruleClock, "Each event says when it was decided; no attempt starts before it is due or times out before its end."},
		{ruleFence, "The fencing token never decreases within a stream."},
		{ruleOwner, "A token belongs to one owner: no two write with the same one."},
		{ruleFirst, "SagaStarted is the first event of a saga, and no other event of it is one."},
		{ruleLast, "Nothing follows the end of a saga."},
		{ruleDefinition, "The plan is one that a definition can have, its hash recomputes, and events name steps of it; one that it is migrated to leads to where it stands."},
		{ruleOutcome, "An outcome is that of the open attempt; only a success may be that of one that was given up."},
		{ruleForward, "A step starts, or is skipped, when every step before it, or before its group, has succeeded or was skipped."},
		{ruleAttempts, "Attempts are numbered 1, 2, 3 and so on, each has a cause, and there are as many as are allowed."},
		{ruleOnce, "A step succeeds at most once."},
		{ruleRetry, "A retry is due after its policy's delay, less a quarter at most, and before all attempts must end."},
		{ruleKey, "The idempotency key follows from saga, step and direction; only a late success changes it."},
		{ruleCause, "A saga turns round once, because a step where it stands failed for good, or it is cancelled or overdue."},
		{ruleTurned, "After a saga has turned round, or a branch was given up, no step is started or retried."},
		{ruleUndoSet, "The steps to compensate are those that started, have an effect, and may have happened, and no others."},
		{ruleReverse, "Compensations run one at a time, in the reverse order of the starts, with the result that is known."},
		{ruleUndoOnce, "A step is compensated once, and once more only if its success came to be known after that."},
		{ruleUndoTries, "Outcomes, numbers, retries and budgets of compensations keep the rules of those of actions."},
		{ruleCancel, "A saga that is cancelled or overdue turns round when nothing holds it, unless its point of no return is passed."},
		{rulePivot, "A saga does not turn round when its point of no return may have been passed."},
		{ruleEnd, "A saga completes when every step has succeeded or was skipped, and fails when every compensation has, or an operator has said so."},
		{ruleFollows, "What follows from an outcome is stored in the same append, right behind it."},
		{ruleDeadline, "A deadline is the start plus the timeout; that of an attempt is not beyond the time for all attempts."},
		{ruleParked, "A saga parks for a reason that its history bears out, and then, or paused, waits for an operator, who says who and why."},
		{ruleIdentity, "A saga's stream is named after the name and id that it was started with."},
		{ruleReplay, "Each append is one that this program would decide on what stood before it."},
		{ruleReadable, "Each event of a saga is of a known type and can be decoded."},
		{ruleGroup, "Branches start in the order of the plan, as many at once as the limit of their group allows."},
		{ruleSignal, "A signal counts once and ends one wait at most, which begins and ends at once when it can."},
		{ruleOverdue, "That a saga is overdue is told once, when its deadline has passed on its way forward, and before it goes on."},
		{ruleChild, "A child is asked for once in an attempt, where the plan has one, and is named after its parent and step."},
		{ruleChildEnd, "The outcome of a step that waits for a child is the end of the child, and there is none before that."},
		{ruleLineage, "A saga that names a parent was asked for by it, and has its correlation id."},
		{ruleLate, "A late stream holds only successes of attempts that were given up, of sagas that have ended, each once."},
		{ruleIndex, "A record of a restart index is chunks 0, 1, 2 and so on, of one position that was already read."},
		{ruleIndexed, "A complete record of a restart index names every saga that was open at its position."},
		{ruleOneEffect, "No effect was applied more than once under one key."},
		{ruleNetEffect, "Each effect of a completed saga stands, and none of a failed one does."},
		{ruleRequested, "Each effect was requested by an attempt in the log, under the same key."},
		{ruleSameLog, "The log is the one that was sealed."},
		{ruleThere, "Each sealed stream is there."},
		{ruleTail, "Each sealed stream reaches its sealed revision."},
		{ruleHead, "Each sealed stream has the sealed hash at its sealed revision."},
		{ruleSealOrder, "The sealed events are the first of the log, in the order in which they were sealed."},
	}
}

// sentence returns what a rule says.
func sentence(number string) string {
	for _, rule := range Rules() {
		if rule.Number == number {
			return rule.Sentence
		}
	}
	return ""
}
