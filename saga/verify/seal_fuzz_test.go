package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga/verify"
)

// FuzzReadSeal: whatever stands in the file of a seal, it is refused as invalid, or what is read from it is a seal: written
// again it reads the same. A seal for which the signature of another vouches is that other one.
func FuzzReadSeal(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	plain := sealOf(f, two(f))
	signed, err := plain.Sign(key)
	require.NoError(f, err)
	var files [2]bytes.Buffer
	for i, seal := range []*verify.Seal{plain, signed} {
		_, err := seal.WriteTo(&files[i])
		require.NoError(f, err)
	}
	f.Add(files[0].Bytes())
	whole := files[1].String()
	f.Add([]byte(whole))
	f.Add([]byte(whole + whole))
	f.Add([]byte(strings.ReplaceAll(whole, "\n", " ")))
	for from, to := range map[string]string{
		`"streams":2`: `"streams":9999999999`, `"events":`: `"events":-`, `"at":"2026`: `"at":"0000`, `Z"`: `+01:00"`,
		`"skald_seal"`: `"SKALD_SEAL"`, `"stream"`: `"log"`, `"signature":"`: `"signature":"00`, `,"revision"`: `,"x":[],"revision"`,
		`ed25519`: `none`, `"root":"`: `"root":"00`,
	} {
		f.Add([]byte(strings.Replace(whole, from, to, 1)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		seal, err := verify.ReadSeal(bytes.NewReader(file))
		if err != nil {
			require.ErrorIs(t, err, verify.ErrInvalidSeal)
			return
		}
		var written bytes.Buffer
		if _, err = seal.WriteTo(&written); err != nil {
			require.ErrorContains(t, err, "year", "there is no text for an instant that a zone carries out of the years")
			return
		}
		again, err := verify.ReadSeal(bytes.NewReader(written.Bytes()))
		require.NoError(t, err, "%s", written.Bytes())
		require.Equal(t, seal, again)
		if seal.VerifySignature(public) == nil {
			seal.PublicKey = signed.PublicKey // which proves nothing, so nothing covers it
			require.Equal(t, signed, seal)
		}
	})
}
