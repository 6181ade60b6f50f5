package sagatest

import (
	"encoding/json"
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/skaldgo/skald/saga"
)

// pastAttempt is what a history tells of one attempt.
type pastAttempt struct {
	began   time.Time
	asked   time.Time       // when it asked for another saga; zero when it did not
	data    json.RawMessage // that the other saga was started with
	ended   time.Time       // zero while it has no outcome
	outcome saga.Outcome
	late    time.Time       // when its success became known after it had been given up; zero for never
	result  json.RawMessage // of a late success
	jitter  float64         // that was drawn for the delay behind it
}

type attemptKey struct {
	place
	number int
}

// attempts collects what the history tells of every attempt.
func (h *History) attempts() map[attemptKey]*pastAttempt {
	known := map[attemptKey]*pastAttempt{}
	begin := func(e saga.AttemptStarted, d saga.Direction, at time.Time) {
		known[attemptKey{place{e.Step, d}, e.Attempt}] = &pastAttempt{began: at}
	}
	for i, past := range h.events {
		switch e := past.event.(type) {
		case saga.StepStarted:
			begin(e.AttemptStarted, saga.Action, past.at)
		case saga.CompensationStarted:
			begin(e.AttemptStarted, saga.Compensation, past.at)
		case saga.ChildRequested:
			one := known[attemptKey{place{e.Step, e.Direction}, e.Attempt}]
			one.asked, one.data = past.at, e.Data
		}
		end, is := saga.OutcomeOf(past.event)
		if !is {
			continue
		}
		one := known[attemptKey{place{end.Step, end.Direction}, end.Attempt}]
		if completed, success := past.event.(saga.StepCompleted); success && completed.Late {
			one.late, one.result = past.at, completed.Result
			continue
		}
		one.ended, one.outcome = past.at, end.Outcome
		one.jitter = h.jitter(i)
	}
	return known
}

// jitter returns what was drawn when the outcome of an event led to a retry, so that the same instant follows from it.
func (h *History) jitter(i int) float64 {
	due, scheduled := h.dueBehind(i)
	if !scheduled {
		return 0
	}
	before := h.fold(i - 1)
	end, _ := saga.OutcomeOf(h.events[i].event)
	end.Now = h.events[i].at
	const fine = 1 << 20
	at := sort.Search(fine, func(n int) bool { // the more jitter, the earlier
		end.Jitter = float64(n) / fine
		events, err := before.Decide(end)
		if err != nil || len(events) < 2 {
			return false
		}
		then, is := dueOf(events[1])
		return is && !then.After(due)
	})
	return float64(min(at, fine-1)) / fine
}

func (h *History) dueBehind(i int) (time.Time, bool) {
	if i+1 == len(h.events) {
		return time.Time{}, false
	}
	return dueOf(h.events[i+1].event)
}

func dueOf(event saga.Event) (time.Time, bool) {
	switch e := event.(type) {
	case saga.StepRetryScheduled:
		return e.Due, true
	case saga.CompensationRetryScheduled:
		return e.Due, true
	}
	return time.Time{}, false
}

// respond answers an attempt as it was answered.
func (p *pastAttempt) respond() (json.RawMessage, error) {
	switch {
	case !p.late.IsZero():
		return p.result, nil
	case !p.asked.IsZero():
		return p.data, nil
	}
	switch p.outcome.Kind {
	case saga.SucceededWithNothing:
		return nil, saga.ErrNothingToCompensate
	case saga.FailedPermanently:
		return nil, saga.Permanent(errors.New(p.outcome.Error))
	case saga.FailedTransiently:
		if said, panicked := strings.CutPrefix(p.outcome.Error, "panic: "); panicked && p.outcome.Stack != "" {
			panic(said)
		}
		return nil, errors.New(p.outcome.Error)
	case saga.Succeeded, saga.TimedOut, saga.Interrupted: // the last two do not come here: their attempts do not answer
	}
	return p.outcome.Result, nil
}

// found answers the probe of an attempt, so that the attempt ends as it did.
func (p *pastAttempt) found() (json.RawMessage, error) {
	why, failed := strings.CutPrefix(p.outcome.Error, "probe: ")
	switch {
	case !p.late.IsZero() || p.outcome.Kind == saga.Succeeded || p.outcome.Stack != "":
		return p.respond()
	case failed:
		return nil, errors.New(why)
	}
	return nil, saga.ErrNothingToCompensate
}

func trackOf(s saga.StepStatus, d saga.Direction) saga.TrackStatus {
	if d == saga.Compensation {
		return s.Compensation
	}
	return s.Action
}
