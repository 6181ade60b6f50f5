package projectorcli

import (
	"io"
	"log/slog"
	"os"
)

// openLogger returns the logger of dev, and the file behind it when there is one.
func (a *app) openLogger(o devOptions) (*slog.Logger, io.Closer, error) {
	level := slog.LevelInfo
	if o.log == "" {
		level = slog.LevelWarn
	}
	if o.logLevel != "" {
		if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
			return nil, nil, usage("use debug, info, warn or error", "--log-level is %q", o.logLevel)
		}
	}
	options := &slog.HandlerOptions{Level: level}
	if o.log == "" {
		return slog.New(slog.NewTextHandler(a.stderr, options)), nil, nil
	}
	file, err := os.OpenFile(o.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, usage("name a file that can be written to with --log", "open the log of transitions: %w", err)
	}
	return slog.New(slog.NewJSONHandler(file, options)), file, nil
}
