package skald_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/archtest"
)

// TestArchitecture applies the rules of package archtest to this repository.
func TestArchitecture(t *testing.T) {
	tree, err := archtest.Load(os.DirFS("."))
	require.NoError(t, err)
	for _, rule := range archtest.Rules() {
		t.Run(rule.Sentence, func(t *testing.T) {
			for _, problem := range rule.Check(tree) {
				t.Error(problem)
			}
		})
	}
}
