package sagatest

import "time"

// The faults of a simulation that concern attempts, beside those of Explore.
const (
	faultSlow         = "slow participant"
	faultRequestTwice = "request delivered twice"
	faultAnswerTwice  = "answer delivered twice"
	faultVeryLate     = "answer after all patience"
)

// The faults of a simulation that concern neither an attempt nor a call of the store.
const (
	faultCrash    = "crash at any moment"
	faultRelapse  = "crash while restarting"
	faultOrphan   = "append stored after its sender crashed"
	faultStop     = "orderly stop and restart"
	faultUpgrade  = "restart as a newer program"
	faultFreeze   = "orchestrator frozen"
	faultClock    = "clock jump"
	faultDrift    = "clock drift"
	faultLag      = "log seen late"
	faultRetold   = "log told again"
	faultOperator = "redrive by an operator"
	faultOldView  = "operator with an old view"
	faultCancel   = "cancellation by an operator"
	faultPoison   = "event of an unknown type"
	faultIndex    = "restart index lost"
	faultPause    = "pause by an operator"
)

// The faults of a simulation that concern leases.
const (
	faultRenewalLost    = "renewal lost before it was done"
	faultRenewalUnheard = "renewal lost after it was done"
	faultRenewalDelayed = "renewal delayed"
	faultFreezeLeases   = "orchestrator frozen for some leases"
	faultLie            = "lease granted wrongly"
	faultBlind          = "lapse of leases noticed late"
	faultSkew           = "clocks of orchestrators apart"
)

// The faults of a simulation that concern signals.
const (
	faultSignalLate    = "signal sent late"
	faultSignalNever   = "signal never sent"
	faultSignalTwice   = "signal sent twice"
	faultSignalSeveral = "signal sent by several"
)

// faultEndChild is the fault of a simulation that concerns children.
const faultEndChild = "child ended by an operator"

// rated is a kind of fault with its rate: of the calls or attempts that it hits, or for those that come from outside, of
// the occasions.
type rated struct {
	kind string
	rate float64
}

// rates are those of one seed, or the highest that there are.
type rates struct {
	appends, reads, attempts, restarts, orphans, strikes []rated

	renewals, leases []rated // where a log is shared; leases are strikes
	signals          []rated // where sagas wait for any
	children         []rated // strikes, where sagas start others
	words            []rated // strikes, by operators
	migrations       []rated // strikes, where there is a next version
}

func highestRates() rates {
	return rates{
		appends: []rated{
			{string(crashBefore), 0.05}, {string(crashAfter), 0.05}, {string(refuseCall), 0.25},
			{string(falseConflict), 0.15}, {string(timedOutUndone), 0.25}, {string(timedOutDone), 0.25},
		},
		reads: []rated{{string(unavailableRead), 0.2}, {string(staleRead), 0.2}},
		attempts: []rated{
			{faultSlow, 0.2}, {string(PermanentError), 0.1}, {string(TransientError), 0.2}, {string(Panic), 0.1},
			{string(Timeout), 0.1}, {string(DoneButTimedOut), 0.1}, {string(LateSuccess), 0.1},
			{string(LateEffect), 0.1}, {string(StillRunning), 0.05}, {string(Stop), 0.05},
			{faultRequestTwice, 0.2}, {faultAnswerTwice, 0.2}, {faultVeryLate, 0.05},
		},
		restarts: []rated{{faultRelapse, 0.3}},
		orphans:  []rated{{faultOrphan, 0.5}},
		strikes: []rated{
			{faultCrash, 1}, {faultStop, 1}, {faultUpgrade, 0.2}, {faultFreeze, 1}, {faultClock, 1}, {faultDrift, 1},
			{faultLag, 1}, {faultRetold, 1}, {faultOperator, 1}, {faultOldView, 1}, {faultCancel, 0.1}, {faultPoison, 0.05}, {faultIndex, 1},
			{faultPause, 0.3},
		},
		renewals: []rated{{faultRenewalLost, 0.25}, {faultRenewalUnheard, 0.25}, {faultRenewalDelayed, 0.25}},
		leases:   []rated{{faultFreezeLeases, 1}, {faultLie, 1}, {faultBlind, 1}, {faultSkew, 1}},
		signals: []rated{
			{faultSignalLate, 0.2}, {faultSignalNever, 0.2}, {faultSignalTwice, 0.2}, {faultSignalSeveral, 0.2},
		},
		children: []rated{{faultEndChild, 0.2}},
		words:    highestWords(), migrations: highestMigrations(),
	}
}

// all returns the lists of a set of rates, but for those of a log that is shared.
func (r *rates) all() [][]rated {
	return [][]rated{r.appends, r.reads, r.attempts, r.restarts, r.orphans, r.strikes}
}

// shared returns the lists that concern leases.
func (r *rates) shared() [][]rated { return [][]rated{r.renewals, r.leases} }

// alone returns the rates of a log that is not shared.
func (r rates) alone() rates {
	r.renewals, r.leases, r.signals, r.children, r.words, r.migrations = nil, nil, nil, nil, nil, nil
	return r
}

// drawShared draws the rates that concern leases, beside others that were drawn already: of a hundred seeds four have
// faults of leases alone, and those without any fault, or with one kind, have none of leases.
func (r rates) drawShared(l *luck) rates {
	highest, kinds, only := highestRates(), 0, l.below(100) < 4
	for _, list := range r.all() {
		for i := range list {
			if list[i].rate > 0 {
				kinds++
			}
			if only {
				list[i].rate = 0
			}
		}
	}
	if r.renewals, r.leases = highest.renewals, highest.leases; only {
		r.words, r.migrations = nil, nil
	}
	for _, list := range r.shared() {
		for i := range list {
			keep, share := l.below(5) > 1, 0.4+0.6*l.share()
			switch {
			case !only && kinds < 2, !keep:
				list[i].rate = 0
			default:
				list[i].rate *= share
			}
		}
	}
	return r
}

// draw returns the rates of one seed: of a hundred seeds one is without any fault, four have one kind only, and the
// others leave out two kinds of five.
func draw(l *luck) rates {
	r := highestRates()
	lists, which := r.all(), l.below(100)
	only := l.below(count(lists))
	for _, list := range lists {
		for i := range list {
			keep := l.below(5) > 1
			share := 0.4 + 0.6*l.share()
			switch {
			case which < 1, which < 5 && only != 0, which >= 5 && !keep:
				list[i].rate = 0
			case which >= 5:
				list[i].rate *= share
			}
			only--
		}
	}
	return r.alone()
}

// faultsOf draws how many faults a seed has at most, below zero for no limit, as one seed of eight has: a storm that has torn
// at its sagas for long shows little that is new, and takes most of the time.
func faultsOf(l luck) int {
	if l.below(8) == 0 {
		return -1
	}
	return fewestFaults + l.below(mostFaults-fewestFaults+1)
}

func count(lists [][]rated) int {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	return n
}

// Lengths of time of a simulation.
const (
	stormLength  = 20 * time.Minute // how long things go wrong
	longestDelay = 12 * time.Minute // of a slow participant
	longestStop  = 10 * time.Second // until a crashed orchestrator is back
	mostShards   = 8
)

// Limits of how many faults a seed has, where it has one.
const (
	fewestFaults = 40
	mostFaults   = 80
)
