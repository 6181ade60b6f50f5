package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

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

func TestMoneyArrivesOnce(t *testing.T) {
	code, out, errs := program(t)
	require.Zero(t, code, errs)
	require.Contains(t, out, "before    ann 100.00  ben 20.00  total 120.00\n")
	require.Contains(t, out, "the saga has completed\n")
	require.Contains(t, out, "after     ann 25.00  ben 95.00  total 120.00\n")
}

func TestATransferThatFailsLeavesTheAccountsAsTheyWere(t *testing.T) {
	for fail, says := range map[string][]string{
		"funds":    {"debit   failed", "record  pending", "ann has 100.00 of 750.00: insufficient funds"},
		"receiver": {"debit   compensated", "record  compensated", "credit  failed", "zoe: no such account"},
	} {
		t.Run(fail, func(t *testing.T) {
			code, out, errs := program(t, "-fail", fail)
			require.Zero(t, code, errs)
			for _, words := range append(says, "the saga has failed\n", "after     ann 100.00  ben 20.00  total 120.00\n") {
				require.Contains(t, out, words)
			}
		})
	}
}

// Every failure at every point, and one in forty of every two of them in one run: the books balance.
func TestTheBooksBalanceWhateverTwoFailuresMeet(t *testing.T) {
	transfer := Transfer{From: "ann", To: "ben", Cents: 75_00}
	opening := map[string]int64{"ann": 100_00, "ben": 20_00}
	report := sagatest.Explore(t, func() sagatest.Case[Transfer] {
		bank := NewBank(opening)
		return sagatest.Case[Transfer]{
			Definition: Definition(bank), Data: transfer,
			Invariant: func(end *saga.Instance) error {
				want := opening
				if end.State() == saga.StateCompleted {
					want = byLedger(opening, map[string]Transfer{"it": transfer})
				}
				if got := bank.Accounts(); list(got) != list(want) {
					return fmt.Errorf("the accounts are %s, should be %s", list(got), list(want))
				}
				return nil
			},
		}
	}, sagatest.Options{OneIn: 40})
	require.NoError(t, report.Err)
	require.True(t, report.Complete)
	require.Positive(t, report.Completed)
	require.Positive(t, report.Failed)
	require.Positive(t, report.Parked)
}

func TestADebitThatArrivesAfterItWasUndoneIsRefused(t *testing.T) {
	bank := NewBank(map[string]int64{"ann": 100_00})
	call := saga.Call[Transfer]{IdempotencyKey: "k", ActionKey: "k", Data: Transfer{From: "ann", Cents: 5}}
	require.ErrorIs(t, bank.PutBack(t.Context(), call, nil), saga.ErrNothingToCompensate)
	_, err := bank.Debit(t.Context(), call)
	require.ErrorIs(t, err, ErrRevoked)
	require.True(t, saga.IsPermanent(err))
	require.Equal(t, map[string]int64{"ann": 100_00}, bank.Accounts())
}

func TestAnAmountMustBeAboveZero(t *testing.T) {
	bank := NewBank(map[string]int64{"ann": 100_00})
	_, err := bank.Debit(t.Context(), saga.Call[Transfer]{IdempotencyKey: "k", Data: Transfer{From: "ann", Cents: -5}})
	require.ErrorIs(t, err, ErrAmount)
	require.True(t, saga.IsPermanent(err))
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	code, out, errs := program(t, "-fail", "luck")
	require.Equal(t, 2, code)
	require.Empty(t, out)
	require.Equal(t, "bank-transfer: -fail is \"luck\", it must be funds or receiver\n", errs)
	code, _, errs = program(t, "now")
	require.Equal(t, 2, code)
	require.Contains(t, errs, `unexpected argument "now"`)
	code, _, errs = program(t, "-fial", "funds")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "flag provided but not defined: -fial")
	code, _, _ = program(t, "-help")
	require.Zero(t, code)
}
