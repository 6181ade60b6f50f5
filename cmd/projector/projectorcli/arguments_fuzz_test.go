package projectorcli_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/cmd/projector/projectorcli"
)

// readers are the commands that only read.
func readers() []string {
	return []string{
		"sagas list", "sagas list --status", "sagas list --limit", "sagas list --cursor", "sagas list -o", "sagas show",
		"sagas history", "parked list", "parked list --limit", "projections list", "audit verify --limit", "version", "",
		"sagas", "--help",
	}
}

// FuzzArguments: whatever words follow the commands that only read, in a directory without data, the program says what is
// wrong, with one of its exit codes, in the format that was asked for, and in text that can be shown; and it leaves the
// directory empty.
func FuzzArguments(f *testing.F) {
	for i := range readers() {
		f.Add(uint8(i), "ORD-1", "-o=json")
		f.Add(uint8(i), "\x1b[2J\u202e", "--output")
		f.Add(uint8(i), "-1", "json")
		f.Add(uint8(i), "99999999999999999999", "--nothing=\xff")
	}
	empty := f.TempDir()
	f.Fuzz(func(t *testing.T, which uint8, first, second string) {
		command := readers()[int(which)%len(readers())]
		args := append(strings.Fields(command), first, second)
		if open := []string{"", "sagas", "--help"}; slices.Contains(open, command) ||
			strings.HasPrefix(first, "--data") || strings.HasPrefix(second, "--data") {
			args = strings.Fields(command) // it could be another command, or look into a directory that is not ours
		}
		args = append([]string{"--data", filepath.Join(empty, "none")}, args...)
		var out, problems bytes.Buffer
		code := projectorcli.Program{}.Run(t.Context(), args, strings.NewReader(""), &out, &problems)
		require.Contains(t, []int{
			projectorcli.ExitOK, projectorcli.ExitUsage, projectorcli.ExitNotFound, projectorcli.ExitUnreachable,
		}, code, "%q: %s", args, problems.String())
		require.Equal(t, code == projectorcli.ExitOK, problems.Len() == 0, "%q: %s", args, problems.String())
		for _, text := range []string{out.String(), problems.String()} {
			require.True(t, utf8.ValidString(text), "%q", text)
			for _, r := range strings.ReplaceAll(text, "\n", "") {
				require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q in %q", r, text)
			}
		}
		if first == "-o=json" && code != projectorcli.ExitOK && strings.HasPrefix(command, "parked") {
			require.True(t, json.Valid(problems.Bytes()), "%s", problems.String())
		}
		left, err := filepath.Glob(filepath.Join(empty, "*"))
		require.NoError(t, err)
		require.Empty(t, left, "%q", args)
	})
}
