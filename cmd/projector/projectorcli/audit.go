package projectorcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga/verify"
)

func (a *app) auditCommand() *cobra.Command {
	audit := group("audit", "Check the whole log, and seal it", `  projector audit verify
  projector audit seal --out heads.jsonl
  projector audit verify --seal heads.jsonl`)
	audit.AddCommand(a.auditVerifyCommand(), a.auditSealCommand())
	return audit
}

type verifyOptions struct {
	seal      string
	publicKey string
	replay    bool
	limit     int
}

func (a *app) auditVerifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check every rule that a log of sagas must keep",
		Long: `Read the whole log once and check every rule that it must keep: order, checksums and hash chains, and what sagas may do
and in which order. Each broken rule is named by its number, with the stream, the revision and what is wrong there; the
command then ends with code 7. It writes nothing, and others may append meanwhile.

With --seal the log is also compared with a seal made earlier (projector audit seal) and kept elsewhere: only that finds a
tail that was cut off, a stream that was removed, or a chain that was computed anew.`,
		Example: "  projector audit verify\n  projector audit verify --seal heads.jsonl --public-key audit.pub.pem",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.verify(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.seal, "seal", "", "compare with the seal in this file")
	flags.StringVar(&o.publicKey, "public-key", "", "the seal must be signed by the key whose public half is in this PEM file")
	flags.BoolVar(&o.replay, "replay", false, "also decide every event again with this program's code; takes about four times as long")
	flags.IntVar(&o.limit, "limit", 100, "name this many broken rules; all are counted")
	return cmd
}

func (a *app) verify(ctx context.Context, o verifyOptions) (err error) {
	format, err := a.format(formatTable, formatJSON)
	if err != nil {
		return err
	}
	if o.limit < 1 {
		return usage("use 1 or more", "--limit is %d", o.limit)
	}
	cfg := verify.Config{Replay: o.replay, MaxViolations: o.limit, Progress: a.progress()}
	if cfg.Seal, err = readSeal(o.seal, o.publicKey); err != nil {
		return err
	}
	store, err := a.openLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	began := time.Now()
	report, err := verify.Log(ctx, store, cfg)
	if err != nil {
		return err
	}
	if err := a.printReport(report, format, time.Since(began)); err != nil {
		return err
	}
	if report.Broken > 0 {
		return fail(ExitUnverified, "keep the files as they are, and compare with a backup and with a seal",
			"the log breaks its rules in %s", plural(report.Broken, "place", "places"))
	}
	return nil
}

func readSeal(path, publicKey string) (*verify.Seal, error) {
	switch {
	case path == "" && publicKey != "":
		return nil, usage("name the seal with --seal", "--public-key is there to check a seal, and none is given")
	case path == "":
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usage("make one with: projector audit seal --out FILE", "--seal: %w", err)
	}
	defer file.Close()
	seal, err := verify.ReadSeal(file)
	if err != nil {
		return nil, fail(ExitUnverified, "take the seal from where it is kept safe", "%s: %w", path, err)
	}
	if publicKey == "" {
		return seal, nil
	}
	key, err := readPublicKey(publicKey)
	if err != nil {
		return nil, err
	}
	if err := seal.VerifySignature(key); err != nil {
		return nil, fail(ExitUnverified, "take the seal from where it is kept safe", "%s: %w", path, err)
	}
	return seal, nil
}

func (a *app) printReport(r verify.Report, format string, took time.Duration) error {
	if format == formatJSON {
		type violation struct {
			Rule     string `json:"rule"`
			Stream   string `json:"stream"`
			Revision int64  `json:"revision"`
			Sentence string `json:"sentence"`
			Detail   string `json:"detail"`
		}
		found := make([]violation, len(r.Violations))
		for i, v := range r.Violations {
			found[i] = violation(v)
		}
		return a.printJSON(struct {
			Events     int                 `json:"events"`
			Streams    int                 `json:"streams"`
			Sagas      int                 `json:"sagas"`
			Open       int                 `json:"open"`
			Ended      int                 `json:"ended"`
			Parked     int                 `json:"parked"`
			Late       int                 `json:"late"`
			Unhashed   int                 `json:"unhashed"`
			Position   eventstore.Position `json:"position"`
			Broken     int                 `json:"broken"`
			Violations []violation         `json:"violations"`
		}{r.Events, r.Streams, r.Sagas, r.Open, r.Ended, r.Parked, r.Late, r.Unhashed, r.Position, r.Broken, found})
	}
	for _, v := range r.Violations {
		if _, err := fmt.Fprintln(a.stdout, safe(v.String())); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%d events in %d streams up to position %s: %d sagas (%d ended, %d open, %d of them parked), %d broken rules\n",
		r.Events, r.Streams, r.Position, r.Sagas, r.Ended, r.Open, r.Parked, r.Broken)
	a.note("%d rules, %.0f events/s", len(verify.Rules()), float64(r.Events)/max(took.Seconds(), 1e-9))
	return err
}

// progress shows on a terminal, and only there, how far a check is.
func (a *app) progress() func(eventstore.Position, int) {
	file, ok := a.stderr.(*os.File)
	if !ok || !isatty.IsTerminal(file.Fd()) {
		return nil
	}
	return func(_ eventstore.Position, events int) { showProgress(file, events) }
}

func showProgress(w io.Writer, events int) { fmt.Fprintf(w, "\r%d events checked ", events) }
