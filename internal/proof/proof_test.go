package proof_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
)

func TestACampaignDoesWhatItIsAskedForAndElseItsOwnSize(t *testing.T) {
	require.Equal(t, 7, proof.Count("OF_THIS_TEST", 7))
	t.Setenv("SKALD_PROOF_OF_THIS_TEST", "100000")
	require.Equal(t, 100_000, proof.Count("OF_THIS_TEST", 7))
}

func TestASizeThatIsNoNumberEndsTheCampaign(t *testing.T) {
	for _, text := range []string{"many", "-1", "1e5"} {
		t.Setenv("SKALD_PROOF_OF_THIS_TEST", text)
		require.PanicsWithValue(t, `SKALD_PROOF_OF_THIS_TEST is "`+text+`": give a whole number from 0 on, or unset it for 7`,
			func() { proof.Count("OF_THIS_TEST", 7) })
	}
}

func TestResultsAreReadAsTheyWereRecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	first := proof.Result{Part: "cuts", Figures: map[string]int64{"cuts": 3}, Kinds: map[string]int64{"torn": 1}}
	second := proof.Result{Part: "seeds", Notes: map[string]string{"hash": "ab\ncd"}}

	proof.Record(t, first)
	require.NoFileExists(t, path)
	t.Setenv(proof.ResultsVariable, path)
	proof.Record(t, first)
	proof.Record(t, second)

	results, err := proof.Read(path)
	require.NoError(t, err)
	require.Equal(t, []proof.Result{first, second}, results)
}

func TestALineThatIsNoResultIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("{\"part\":\"a\"}\nhalf a li"), 0o600))
	_, err := proof.Read(path)
	require.ErrorContains(t, err, "line 2 of")
}
