package projectorcli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

type exportOptions struct {
	file  string
	force bool
}

func (a *app) sagasExportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Write the history of one saga down, to make a test of it",
		Long: `Write every event of one saga as it stands in the log, one JSON document a line, behind a line that names the format;
news that came after its end is part of it. It is a copy byte for byte, so the hash chain can be verified from the file
alone. sagatest.FromHistory makes a test of it: docs/testing.md. Payloads are in it as they are: remove nothing, or
the chain is broken, and keep the file where such data may be kept. When the chain is broken already, the events are
written all the same, and the command ends with code 7.`,
		Example: `  projector sagas export ORD-000001 --file testdata/ORD-000001.jsonl
  projector sagas export OrderFulfillment/ORD-000001 | jq .type`,
		Args: oneArg("ID of a saga"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("output") {
				if _, err := a.format(formatJSONL); err != nil {
					return err
				}
			}
			if o.force && o.file == "" {
				return usage("name a file with --file", "--force is about a file, and none is given")
			}
			ctx := cmd.Context()
			return a.withSaga(ctx, args[0], a.openLog, func(store logStore, ref saga.Ref) error {
				return a.export(ctx, store, ref, o)
			})
		},
	}
	cmd.Flags().StringVar(&o.file, "file", "", "the file to write, which must not exist; without it the history goes to stdout")
	cmd.Flags().BoolVar(&o.force, "force", false, "put it in the place of a file that exists")
	if err := cmd.MarkFlagFilename("file", "jsonl"); err != nil {
		panic(err)
	}
	return cmd
}

func (a *app) export(ctx context.Context, store logStore, ref saga.Ref, o exportOptions) error {
	stream, err := readStream(ctx, store, ref.Stream())
	if err != nil {
		return err
	}
	late, err := readStream(ctx, store, ref.LateStream())
	if err != nil && !isMissing(err) {
		return err
	}
	logID, err := store.LogID(ctx)
	if err != nil {
		return err
	}
	lines, err := exportLines(ref, logID, stream.events, late.events)
	if err != nil {
		return err
	}
	if err := a.writeExport(lines, o); err != nil {
		return err
	}
	if broken := errors.Join(stream.broken, late.broken); broken != nil {
		return broken
	}
	a.note("exported %s with %s, hash chain: %s", ref,
		plural(len(stream.events)+len(late.events), "event", "events"), stream.chain)
	return nil
}

// writeExport leaves no half of a history behind, and overwrites none unasked: it may be a test that somebody relies on.
func (a *app) writeExport(lines []byte, o exportOptions) error {
	switch {
	case o.file == "":
		_, err := a.stdout.Write(lines)
		return err
	case o.force:
		return replaceFile(o.file, lines)
	}
	file, err := os.OpenFile(o.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("name a new file with --file, or overwrite it with --force", "--file: %w", err)
	}
	if err != nil {
		return usage("name a file that can be written to with --file", "--file: %w", err)
	}
	if err := fill(file, lines); err != nil {
		return errors.Join(err, os.Remove(o.file))
	}
	return nil
}

// replaceFile puts a whole file in the place of one that may exist, or changes nothing.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return usage("name a file that can be written to with --file", "--file: %w", err)
	}
	if err := fill(file, content); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return errors.Join(usage("name a file that can be written to with --file", "--file: %w", err), os.Remove(file.Name()))
	}
	return nil
}

// fill writes all of a file, to the disk, and closes it.
func fill(file *os.File, content []byte) error {
	_, err := file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
