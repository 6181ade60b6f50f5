package verify

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
)

const signatureAlgorithm = "ed25519"

// Sign returns a copy of the seal that carries a signature by the key. It signs the first line of the seal's written
// form, which holds the root over all streams.
func (s *Seal) Sign(key ed25519.PrivateKey) (*Seal, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("sign a seal: the key has %d bytes, an Ed25519 key has %d", len(key), ed25519.PrivateKeySize)
	}
	header, err := s.header()
	if err != nil {
		return nil, fmt.Errorf("sign a seal: %w", err)
	}
	signed := *s
	signed.PublicKey = bytes.Clone(key.Public().(ed25519.PublicKey))
	signed.Signature = ed25519.Sign(key, header)
	return &signed, nil
}

// VerifySignature checks that the seal was signed with the private half of a key, and not altered since. The key that the
// seal itself names proves nothing, so it is not used: the key must come from elsewhere. Errors match ErrNotSigned or
// ErrInvalidSeal.
func (s *Seal) VerifySignature(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("verify a seal: the key has %d bytes, an Ed25519 key has %d", len(key), ed25519.PublicKeySize)
	}
	if len(s.Signature) == 0 {
		return ErrNotSigned
	}
	if err := s.check(); err != nil {
		return err
	}
	header, err := s.header()
	if err != nil {
		return fmt.Errorf("verify a seal: %w", err)
	}
	if !ed25519.Verify(key, header, s.Signature) {
		return fmt.Errorf("%w: its signature is not by that key, or it was altered", ErrInvalidSeal)
	}
	return nil
}
