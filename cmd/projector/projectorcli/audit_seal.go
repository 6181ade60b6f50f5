package projectorcli

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga/verify"
)

type sealOptions struct {
	out string
	key string
}

func (a *app) auditSealCommand() *cobra.Command {
	var o sealOptions
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "Write down where every stream ends, to compare with later",
		Long: `Write the head of every stream and a Merkle root over them all, one JSON document a line. Keep the file away from the
log: projector audit verify --seal proves by it that nothing of what was sealed has been changed, cut off or removed since.
With --key the seal is signed (Ed25519), so that whoever can change the log and the file is found out as well. A log that
is not whole is not sealed: code 7.`,
		Example: `  projector audit seal --out heads.jsonl
  openssl genpkey -algorithm ed25519 -out audit.pem && openssl pkey -in audit.pem -pubout -out audit.pub.pem
  projector audit seal --out heads.jsonl --key audit.pem`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.seal(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.out, "out", "", "the file to write, which must not exist; without it the seal goes to stdout")
	cmd.Flags().StringVar(&o.key, "key", "", "sign with the Ed25519 private key in this PEM file (PKCS 8)")
	return cmd
}

func (a *app) seal(ctx context.Context, o sealOptions) (err error) {
	var key ed25519.PrivateKey
	if o.key != "" {
		if key, err = readPrivateKey(o.key); err != nil {
			return err
		}
	}
	store, err := a.openLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	seal, err := verify.MakeSeal(ctx, store, time.Now().UTC())
	if errors.Is(err, verify.ErrBroken) {
		return fail(ExitUnverified, "see what is wrong with: projector audit verify", "the log is not sealed: %w", err)
	}
	if err == nil && key != nil {
		seal, err = seal.Sign(key)
	}
	if err != nil {
		return err
	}
	if err := a.writeSeal(seal, o.out); err != nil {
		return err
	}
	a.note("sealed %d streams with %d events up to position %s, root %x", len(seal.Streams), seal.Events, seal.Position, seal.Root)
	return nil
}

// writeSeal never overwrites: an earlier seal is evidence.
func (a *app) writeSeal(seal *verify.Seal, path string) (err error) {
	if path == "" {
		_, err := seal.WriteTo(a.stdout)
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usage("name a new file with --out; an earlier seal is not overwritten", "--out: %w", err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(path)) // half a seal is none
		}
	}()
	if _, err := seal.WriteTo(file); err != nil {
		return err
	}
	return file.Sync()
}

func readPrivateKey(path string) (ed25519.PrivateKey, error) {
	const hint = "make one with: openssl genpkey -algorithm ed25519 -out FILE"
	block, err := readPEM(path)
	if err != nil {
		return nil, usage(hint, "--key: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, usage(hint, "--key %s: %w", path, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, usage(hint, "--key %s holds a key of type %T, not an Ed25519 private key", path, parsed)
	}
	return key, nil
}

func readPublicKey(path string) (ed25519.PublicKey, error) {
	const hint = "take it from the private key with: openssl pkey -in KEY -pubout -out FILE"
	block, err := readPEM(path)
	if err != nil {
		return nil, usage(hint, "--public-key: %w", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(block)
	if err != nil {
		return nil, usage(hint, "--public-key %s: %w", path, err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, usage(hint, "--public-key %s holds a key of type %T, not an Ed25519 public key", path, parsed)
	}
	return key, nil
}

func readPEM(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const enough = 1 << 20
	text, err := io.ReadAll(io.LimitReader(file, enough))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is no PEM file", path)
	}
	return block.Bytes, nil
}
