package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func program(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestATripIsBookedAndTheItineraryNamesAllBookings(t *testing.T) {
	code, out, errs := program(t)
	require.Zero(t, code, errs)
	require.Contains(t, out, "the saga has completed\n")
	require.Contains(t, out, "Dear Ada, your trip to Bergen is booked: hotel-1 flight-1 car-1\n")
	require.Contains(t, out, "SagaCompleted")
	require.Contains(t, out, "flowchart TD\n")
}

func TestWhenOneIsSoldOutTheOthersAreCancelled(t *testing.T) {
	all := []string{StepHotel, StepFlight, StepCar}
	for _, soldOut := range all {
		t.Run(soldOut, func(t *testing.T) {
			code, out, errs := program(t, "-fail", soldOut)
			require.Zero(t, code, errs)
			require.Contains(t, out, "the saga has failed\n")
			require.Contains(t, out, "no "+soldOut+" for Bergen: sold out")
			for _, kind := range all {
				cancelled := kind + "-1"
				if kind == soldOut {
					cancelled = "nothing"
				}
				require.Contains(t, out, fmt.Sprintf("  %-6s  booked: nothing    cancelled: %s\n", kind, cancelled))
			}
			require.NotContains(t, out, "Dear Ada")
			require.Equal(t, 2, strings.Count(out, "CompensationCompleted"))
		})
	}
}

// agencies are quick ones, as sagatest wants them, of which one may be sold out.
func agencies(soldOut string) Services {
	quick := func(kind string) *Agency { return NewAgency(kind, 0, kind == soldOut) }
	return Services{Hotel: quick(StepHotel), Flight: quick(StepFlight), Car: quick(StepCar), Post: NewPost()}
}

func TestTheBranchesRunAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agencies("")
		s.Hotel.takes, s.Flight.takes, s.Car.takes = 3*time.Minute, 2*time.Minute, time.Minute
		store := memory.New()
		defer store.Close()
		began := time.Now()
		ending, err := book(t.Context(), store, s, "1", Trip{Traveller: "Grace", City: "Porto"})
		require.NoError(t, err)
		require.Equal(t, saga.StateCompleted, ending.State)
		require.Equal(t, 3*time.Minute, time.Since(began), "as long as the slowest of them")
	})
}

// Every failure at every point, and one in forty of every two in one run: a trip is booked as a whole or not at all.
func TestNoTwoFailuresLeaveHalfATripBehind(t *testing.T) {
	report := sagatest.Explore(t, func() sagatest.Case[Trip] {
		s := agencies("")
		return sagatest.Case[Trip]{
			Definition: Definition(s), Data: Trip{Traveller: "Grace", City: "Porto"},
			Invariant: func(end *saga.Instance) error { return s.wholeOrNothing(end.State() == saga.StateCompleted) },
		}
	}, sagatest.Options{OneIn: 40})
	require.NoError(t, report.Err)
	require.True(t, report.Complete)
	require.Positive(t, report.Completed)
	require.Positive(t, report.Failed)
}

// wholeOrNothing says what is wrong with the books of all agencies when the one trip is booked, or is not and never will be.
func (s Services) wholeOrNothing(booked bool) error {
	want := 0
	if booked {
		want = 1
	}
	var wrong []error
	for _, agency := range []*Agency{s.Hotel, s.Flight, s.Car} {
		if standing, _ := agency.Bookings(); len(standing) != want {
			wrong = append(wrong, fmt.Errorf("%s: %d bookings stand, should be %d", agency.kind, len(standing), want))
		}
	}
	if n := len(s.Post.Letters()); n != want {
		wrong = append(wrong, fmt.Errorf("%d letters were sent, should be %d", n, want))
	}
	return errors.Join(wrong...)
}

func TestABookingIsMadeOnceAndCanBeCancelledWithoutItsResult(t *testing.T) {
	agency := NewAgency(StepHotel, 0, false)
	first, err := agency.Book(t.Context(), saga.Call[Trip]{IdempotencyKey: "a"})
	require.NoError(t, err)
	again, err := agency.Book(t.Context(), saga.Call[Trip]{IdempotencyKey: "a"})
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.NoError(t, agency.Cancel(t.Context(), saga.Call[Trip]{ActionKey: "a"}, nil))
	standing, cancelled := agency.Bookings()
	require.Empty(t, standing)
	require.Equal(t, []string{"hotel-1"}, cancelled)
}

func TestABookingThatArrivesAfterItsCancellationIsRefused(t *testing.T) {
	agency := NewAgency(StepHotel, 0, false)
	require.ErrorIs(t, agency.Cancel(t.Context(), saga.Call[Trip]{ActionKey: "a"}, nil), saga.ErrNothingToCompensate)
	_, err := agency.Book(t.Context(), saga.Call[Trip]{IdempotencyKey: "a"})
	require.ErrorIs(t, err, ErrCancelled)
	require.True(t, saga.IsPermanent(err))
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	code, out, errs := program(t, "-fail", "train")
	require.Equal(t, 2, code)
	require.Empty(t, out)
	require.Equal(t, "travel-booking: -fail is \"train\", it must be hotel, flight or car\n", errs)
	code, _, errs = program(t, "now")
	require.Equal(t, 2, code)
	require.Contains(t, errs, `unexpected argument "now"`)
	code, _, errs = program(t, "-fial", "car")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "flag provided but not defined: -fial")
	code, _, _ = program(t, "-help")
	require.Zero(t, code)
}
