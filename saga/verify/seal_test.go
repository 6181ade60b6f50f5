package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga/verify"
)

func against(t rapid.TB, source verify.Source, seal *verify.Seal) verify.Report {
	t.Helper()
	report, err := verify.Against(context.Background(), source, seal)
	require.NoError(t, err)
	return report
}

func TestEveryChangeOfWhatWasSealedIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := anyLog(t)
		seal := sealOf(t, log)
		changed := tamper(t, log)
		if changed == nil || reflect.DeepEqual(changed, log) {
			return
		}
		report := against(t, changed, seal)
		require.ErrorIs(t, report.Err(), verify.ErrBroken, "changed log:\n%v\nlog:\n%v", changed, log)
		full := check(t, changed, verify.Config{Seal: seal})
		require.Subset(t, rules(full), rules(report), "the full check finds it as well")
	})
}

// tamper changes a log in any way, with or without covering the tracks.
func tamper(t *rapid.T, log events) events {
	changed := log.clone()
	i := rapid.IntRange(0, len(log)-1).Draw(t, "at")
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0: // the end of the log is cut off
		return changed[:i]
	case 1: // the end of a stream is cut off, or all of it
		return slices.DeleteFunc(changed, func(ev eventstore.RecordedEvent) bool {
			return ev.Stream == log[i].Stream && ev.Revision >= log[i].Revision
		}).renumbered()
	case 2: // an event is altered and the chain computed anew
		alterByte(t, &changed[i])
		return changed.rechained()
	case 3:
		return forge(t, log).renumbered().rechained()
	}
	return alter(t, log)
}

func TestALogThatHasOnlyGrownIsAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := anyLog(t)
		seal := sealOf(t, log[:rapid.IntRange(0, len(log)).Draw(t, "sealed")])
		require.NoError(t, against(t, log, seal).Err())
		require.NoError(t, check(t, log, verify.Config{Seal: seal}).Err())
	})
}

func TestASealSurvivesItsFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seal := sealOf(t, anyLog(t))
		if rapid.Bool().Draw(t, "signed") {
			signed, err := seal.Sign(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
			require.NoError(t, err)
			seal = signed
		}
		var file, again bytes.Buffer
		n, err := seal.WriteTo(&file)
		require.NoError(t, err)
		require.Equal(t, int64(file.Len()), n)
		read, err := verify.ReadSeal(bytes.NewReader(file.Bytes()))
		require.NoError(t, err)
		require.Equal(t, seal, read)
		_, err = read.WriteTo(&again)
		require.NoError(t, err)
		require.Equal(t, file.String(), again.String(), "the same seal gives the same bytes")
	})
}

func TestASignatureCoversTheWholeSeal(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	seal := sealOf(t, two(t))
	require.ErrorIs(t, seal.VerifySignature(public), verify.ErrNotSigned)
	signed, err := seal.Sign(key)
	require.NoError(t, err)
	require.Empty(t, seal.Signature, "the seal that was signed stays as it was")
	require.NoError(t, signed.VerifySignature(public))

	t.Run("of another key it is worth nothing", func(t *testing.T) {
		forger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
		forged, err := seal.Sign(forger)
		require.NoError(t, err)
		require.ErrorIs(t, forged.VerifySignature(public), verify.ErrInvalidSeal)
	})
	t.Run("after any change it is worth nothing", func(t *testing.T) {
		for name, change := range map[string]func(s *verify.Seal){
			"log":      func(s *verify.Seal) { s.LogID = "x" },
			"instant":  func(s *verify.Seal) { s.At = s.At.Add(1) },
			"position": func(s *verify.Seal) { s.Position = eventstore.NewPosition(99, 0) },
			"events":   func(s *verify.Seal) { s.Events++ },
			"order":    func(s *verify.Seal) { s.Order[0]++ },
			"root":     func(s *verify.Seal) { s.Root[0]++ },
			"stream":   func(s *verify.Seal) { s.Streams[0].Stream += "x" },
			"revision": func(s *verify.Seal) { s.Streams[0].Revision++ },
			"hash":     func(s *verify.Seal) { s.Streams[0].Hash[31]++ },
			"missing":  func(s *verify.Seal) { s.Streams = s.Streams[1:] },
			"unsorted": func(s *verify.Seal) { slices.Reverse(s.Streams) },
		} {
			altered := *signed
			altered.Streams = slices.Clone(signed.Streams)
			change(&altered)
			require.ErrorIs(t, altered.VerifySignature(public), verify.ErrInvalidSeal, name)
		}
	})
	t.Run("keys of a wrong length are refused", func(t *testing.T) {
		_, err := seal.Sign(nil)
		require.ErrorContains(t, err, "has 0 bytes")
		require.ErrorContains(t, signed.VerifySignature(public[1:]), "has 31 bytes")
	})
}

func TestWhatIsNoSealIsRefused(t *testing.T) {
	var file bytes.Buffer
	signed, err := sealOf(t, two(t)).Sign(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(t, err)
	_, err = signed.WriteTo(&file)
	require.NoError(t, err)
	whole := file.String()
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	for name, text := range map[string]string{
		"nothing":         "",
		"text":            "hello",
		"other JSON":      "{}",
		"a newer format":  strings.Replace(whole, `"skald_seal":1`, `"skald_seal":2`, 1),
		"a missing line":  lines[0] + lines[1],
		"a changed line":  strings.Replace(whole, `"revision":5`, `"revision":4`, 1),
		"an added line":   whole + "{}\n",
		"a short hash":    strings.Replace(whole, `"hash":"`, `"hash":"00`, 1),
		"a broken hash":   strings.Replace(whole, `"order":"`, `"order":"x`, 1),
		"a short root":    strings.Replace(whole, `"root":"`, `"root":"00`, 1),
		"other algorithm": strings.Replace(whole, `"ed25519"`, `"rot13"`, 1),
		"a broken tail":   whole[:len(whole)-4],
	} {
		_, err := verify.ReadSeal(strings.NewReader(text))
		require.ErrorIs(t, err, verify.ErrInvalidSeal, name)
	}
	_, err = verify.Against(t.Context(), two(t), nil)
	require.ErrorIs(t, err, verify.ErrInvalidSeal)
}

func TestALogThatIsNotWholeIsNotSealed(t *testing.T) {
	log := happy(t).done()
	log[2].Data = []byte(`{}`)
	_, err := verify.MakeSeal(t.Context(), log, noon)
	require.ErrorIs(t, err, verify.ErrBroken)
}

func TestASealNamesTheLog(t *testing.T) {
	store, other := memory.New(), memory.New()
	defer store.Close()
	defer other.Close()
	seal := sealOf(t, store)
	require.NotEmpty(t, seal.LogID)
	require.Empty(t, seal.Streams)
	require.NoError(t, against(t, store, seal).Err())
	require.Equal(t, []string{"T1"}, rules(against(t, other, seal)))
}
