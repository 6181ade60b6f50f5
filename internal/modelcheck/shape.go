package modelcheck

import (
	"fmt"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

// MaxSteps is the longest saga that can be explored.
const MaxSteps = 3

// Shape is one kind of saga, and what may happen to it.
type Shape struct {
	// Name is under which its states are counted, "" for those of plain sequences.
	Name string
	// Steps has one letter for each step, in order: C for compensable, F for compensable also after a refusal
	// (CompensateOnFailure), O for read-only, P for the pivot, R for retriable; W for a wait without limit, L for one that
	// lapses and fails, D for one that lapses and goes on with a default; K for a child that a function compensates, N for
	// one that may stay; a dot for one that only the other version has.
	Steps string
	// Group has a g for each step that is a branch of the parallel group, and anything else for the others; "" for no group.
	// Limit is that of the group.
	Group string
	Limit int
	// Probes: every step with an effect of its own has a probe.
	Probes bool
	// Attempts is the MaximumAttempts of the actions; Undos that of the compensations. 0 means 1.
	Attempts, Undos int
	// Total limits all attempts of an action together to hardly more than one of them takes.
	Total bool
	// Deadline limits the saga as a whole to hardly more than one attempt takes.
	Deadline bool
	// Crashes is how often each orchestrator may crash. An operator redrives a parked saga Redrives times.
	Crashes, Redrives int
	// Lone: only one of the orchestrators may crash. Which one makes no difference, because they are alike.
	Lone bool
	// So many signals can come, each at any time. An operator cancels the saga Cancels times, and pauses it Pauses times, at
	// any time, and resumes it at any later one. At most 3 of each.
	Signals, Cancels, Pauses int
	// An operator resolves what a parked saga is parked at, skips steps, gives the saga another deadline, and changes how many
	// attempts a step may have, each so many times, at any time at which that can be. At most 3 of each. Whoever resolves has
	// seen to it that what they say is true.
	Resolves, Skips, Extends, Policies int
	// Terminates: an operator may end the saga at any time.
	Terminates bool
	// Next is the next version of the definition, nil when there is none: Steps, Group, Limit, Probes, Attempts, Undos, Total and
	// Deadline of it, with as many Steps. An operator migrates the saga to it once, at any time at which that can be.
	Next *Shape
	// Behind: the second orchestrator does not know the next version, and lets go of a saga that was migrated. It is the other
	// one that a Lone crash is for.
	Behind bool
	// Child is what the step K or N starts, nil when there is none. It is run by two orchestrators of its own.
	Child *Shape
	// Impatient orchestrators may park the saga for an attempt that does not return, or for a missing function, whenever
	// the saga allows it.
	Impatient bool
	// Snapshots keeps what an orchestrator has in hand when the log has moved on, and lets it decide on that until it is
	// refused. Without it such an orchestrator only reads the log, which is all that can come of it.
	Snapshots bool
}

// The lengths of time of every shape. The clock moves from one due instant to the next, so only their order matters.
const (
	timeout = 4 * time.Second
	delay   = time.Second
	total   = 6 * time.Second
	patient = 5 * time.Second // of a wait
)

func (s Shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, attempts %d/%d", s.drawn(), max(s.Attempts, 1), max(s.Undos, 1))
	for _, o := range []struct {
		is   bool
		says string
	}{
		{s.Limit > 0, fmt.Sprintf("limit %d", s.Limit)}, {s.Probes, "probes"}, {s.Total, "limited in total"},
		{s.Deadline, "with a deadline"},
	} {
		if o.is {
			b.WriteString(", " + o.says)
		}
	}
	fmt.Fprintf(&b, ", crashes %d, redrives %d", s.Crashes, s.Redrives)
	for _, o := range []struct {
		is   bool
		says string
	}{{s.Lone, ", one alone crashes"}, {s.Behind, ", one of an old version"}} {
		if o.is {
			b.WriteString(o.says)
		}
	}
	for _, n := range []struct {
		count int
		what  string
	}{
		{s.Signals, "signals"}, {s.Cancels, "cancels"}, {s.Pauses, "pauses"}, {s.Resolves, "resolves"}, {s.Skips, "skips"},
		{s.Extends, "extends"}, {s.Policies, "policies"},
	} {
		if n.count > 0 {
			fmt.Fprintf(&b, ", %s %d", n.what, n.count)
		}
	}
	for _, o := range []struct {
		is   bool
		says string
	}{{s.Terminates, "ended by operators"}, {s.Impatient, "impatient"}, {s.Snapshots, "snapshots"}} {
		if o.is {
			b.WriteString(", " + o.says)
		}
	}
	if s.Next != nil {
		fmt.Fprintf(&b, "; next version %s", s.Next)
	}
	if s.Child != nil {
		fmt.Fprintf(&b, "; child %s", s.Child)
	}
	return b.String()
}

// drawn returns the steps with the group in parentheses.
func (s Shape) drawn() string {
	if s.Group == "" {
		return s.Steps
	}
	from, to := strings.Index(s.Group, "g"), strings.LastIndex(s.Group, "g")+1
	return s.Steps[:from] + "(" + s.Steps[from:to] + ")" + s.Steps[to:]
}

func stepName(i int) string { return string(rune('a' + i)) }

// stepIndex is the place of a step by its name, or -1.
func stepIndex(name string) int {
	if len(name) != 1 || name[0] < 'a' || name[0] >= 'a'+MaxSteps {
		return -1
	}
	return int(name[0] - 'a')
}

// kind is the kind of step i, which the version has.
func (s *Shape) kind(i int) saga.Kind {
	switch s.Steps[i] {
	case 'O':
		return saga.KindReadOnly
	case 'P':
		return saga.KindPivot
	case 'R':
		return saga.KindRetriable
	case 'W', 'L', 'D':
		return saga.KindAwait
	case 'K', 'N':
		return saga.KindChild
	}
	return saga.KindCompensable
}

// waits reports whether step i waits for a signal.
func (s *Shape) waits(i int) bool { return s.kind(i) == saga.KindAwait }

// undoable reports whether step i has a compensation.
func (s *Shape) undoable(i int) bool { return strings.IndexByte("CFK", s.Steps[i]) >= 0 }

// probed reports whether step i has a probe.
func (s *Shape) probed(i int) bool { return s.Probes && strings.IndexByte("CFPR", s.Steps[i]) >= 0 }

// effect reports whether the action of step i has an effect of its own: not that of a child, which has them itself.
func (s *Shape) effect(i int) bool { return strings.IndexByte("CFPR", s.Steps[i]) >= 0 }

// noReturn is the place of the point of no return, or -1.
func (s *Shape) noReturn() int { return strings.IndexAny(s.Steps, "PR") }

// together reports whether two steps may be under way together.
func (s *Shape) together(i, j int) bool {
	return i == j || s.Group != "" && s.Group[i] == 'g' && s.Group[j] == 'g'
}

// widest is how many attempts can be open at once, at least 1.
func (s *Shape) widest() int {
	widest := max(strings.Count(s.Group, "g"), 1)
	if s.Limit > 0 {
		widest = min(widest, s.Limit)
	}
	return widest
}

// attends reports whether there is something that needs no slot: waits, or a deadline.
func (s *Shape) attends() bool { return s.Deadline || s.Extends > 0 || s.waitsAnywhere() }

func (s *Shape) waitsAnywhere() bool { return strings.ContainsAny(s.Steps, "WLD") }

// operated reports whether somebody outside may do something to the saga beside a redrive.
func (s *Shape) operated() bool { return s.Signals+s.Cancels+s.Pauses > 0 || s.told() || s.Next != nil }

// told reports whether an operator says something of single steps, of the deadline or of policies.
func (s *Shape) told() bool { return s.Resolves+s.Skips+s.Extends+s.Policies > 0 }
