package verify

import (
	"bufio"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// sealFormat is the version of the form in which seals are kept.
const sealFormat = 1

// sealHeader is the first line of a seal. Its bytes are what a signature signs: they hold the root over all others.
type sealHeader struct {
	Format   int                 `json:"skald_seal"`
	LogID    string              `json:"log_id,omitempty"`
	At       time.Time           `json:"at"`
	Position eventstore.Position `json:"position"`
	Events   int                 `json:"events"`
	Order    hexBytes            `json:"order"`
	Streams  int                 `json:"streams"`
	Root     hexBytes            `json:"root"`
}

type sealHead struct {
	Stream   string   `json:"stream"`
	Revision int64    `json:"revision"`
	Hash     hexBytes `json:"hash"`
}

type sealSignature struct {
	Algorithm string   `json:"algorithm"`
	PublicKey hexBytes `json:"public_key"`
	Signature hexBytes `json:"signature"`
}

// hexBytes are bytes that JSON shows as lower-case hex digits.
type hexBytes []byte

// MarshalText returns the digits.
func (b hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

// UnmarshalText reads the digits.
func (b *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.AppendDecode(nil, text)
	*b = decoded
	return err
}

func (s *Seal) header() ([]byte, error) {
	return json.Marshal(sealHeader{
		Format: sealFormat, LogID: s.LogID, At: s.At, Position: s.Position, Events: s.Events, Order: s.Order[:],
		Streams: len(s.Streams), Root: s.Root[:],
	})
}

// WriteTo writes the seal as lines of JSON: a header with the root, one line for each stream, and the signature when
// there is one. The same seal always gives the same bytes.
func (s *Seal) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	buffered := bufio.NewWriter(counted)
	header, err := s.header()
	if err != nil {
		return 0, fmt.Errorf("write a seal: %w", err)
	}
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false)
	_, err = buffered.Write(append(header, '\n'))
	for i := range s.Streams {
		h := &s.Streams[i]
		err = errors.Join(err, lines.Encode(sealHead{Stream: h.Stream, Revision: h.Revision, Hash: h.Hash[:]}))
		if err != nil {
			break
		}
	}
	if len(s.Signature) > 0 {
		err = errors.Join(err, lines.Encode(sealSignature{
			Algorithm: signatureAlgorithm, PublicKey: s.PublicKey, Signature: s.Signature,
		}))
	}
	if err = errors.Join(err, buffered.Flush()); err != nil {
		return counted.n, fmt.Errorf("write a seal: %w", err)
	}
	return counted.n, nil
}

type counter struct {
	w io.Writer
	n int64
}

// Write writes through and counts.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// ReadSeal reads what WriteTo wrote. A seal whose root does not follow from its streams gives ErrInvalidSeal. It does not
// check the signature: see Seal.VerifySignature.
func ReadSeal(r io.Reader) (*Seal, error) {
	invalid := func(format string, args ...any) (*Seal, error) {
		return nil, fmt.Errorf("%w: %w", ErrInvalidSeal, fmt.Errorf(format, args...))
	}
	lines := json.NewDecoder(bufio.NewReader(r))
	var header sealHeader
	if err := lines.Decode(&header); err != nil {
		return invalid("header: %w", err)
	}
	if header.Format != sealFormat || header.Streams < 0 || header.Events < 0 || header.At.IsZero() {
		return invalid("this is no seal of format %d", sealFormat)
	}
	s := &Seal{LogID: header.LogID, At: header.At.UTC(), Position: header.Position, Events: header.Events}
	if len(header.Order) != len(s.Order) || len(header.Root) != len(s.Root) {
		return invalid("a hash does not have %d bytes", len(s.Root))
	}
	copy(s.Order[:], header.Order)
	copy(s.Root[:], header.Root)
	for i := range header.Streams {
		var head sealHead
		if err := lines.Decode(&head); err != nil {
			return invalid("stream %d of %d: %w", i+1, header.Streams, err)
		}
		sealed := StreamHead{Stream: head.Stream, Revision: head.Revision}
		if len(head.Hash) != len(sealed.Hash) {
			return invalid("the hash of stream %q does not have %d bytes", head.Stream, len(sealed.Hash))
		}
		copy(sealed.Hash[:], head.Hash)
		s.Streams = append(s.Streams, sealed)
	}
	var signature sealSignature
	switch err := lines.Decode(&signature); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return invalid("signature: %w", err)
	case signature.Algorithm != signatureAlgorithm:
		return invalid("signature by %q", signature.Algorithm)
	case len(signature.PublicKey) != ed25519.PublicKeySize || len(signature.Signature) != ed25519.SignatureSize:
		return invalid("a signature of %d bytes by a key of %d", len(signature.Signature), len(signature.PublicKey))
	case lines.More():
		return invalid("something follows the signature")
	}
	s.PublicKey, s.Signature = signature.PublicKey, signature.Signature
	return s, s.check()
}

// check demands that the streams are in order and that the root follows from them.
func (s *Seal) check() error {
	if !slices.IsSortedFunc(s.Streams, compareNames) {
		return fmt.Errorf("%w: its streams are out of order", ErrInvalidSeal)
	}
	if got := root(&hasher{}, s.Streams); got != s.Root {
		return fmt.Errorf("%w: its root is %x, its streams give %x", ErrInvalidSeal, s.Root, got)
	}
	return nil
}
