package archtest_test

import (
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/archtest"
)

// source is a small module: its files by name. The module line, example.org/m, is added.
type source map[string]string

// example is a small module and what one rule says about it.
type example struct {
	name   string
	source source
	want   []string // the problems, without their remedies
}

func load(t *testing.T, files source) *archtest.Tree {
	t.Helper()
	module := fstest.MapFS{"go.mod": {Data: []byte("module example.org/m\n\ngo 1.26\n")}}
	for name, text := range files {
		module[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := archtest.Load(module)
	require.NoError(t, err)
	return tree
}

func examples() map[string][]example {
	all := map[string][]example{}
	for _, some := range []map[string][]example{
		importExamples(), libraryExamples(), pureExamples(), documentExamples(), sizeExamples(), testExamples(),
		leakExamples(), guaranteeExamples(),
	} {
		maps.Copy(all, some)
	}
	return all
}

func TestRulesFindWhatBreaksThem(t *testing.T) {
	for _, rule := range archtest.Rules() {
		t.Run(rule.Sentence, func(t *testing.T) {
			broken := false
			for _, ex := range examples()[rule.Sentence] {
				t.Run(ex.name, func(t *testing.T) {
					var got []string
					for _, p := range rule.Check(load(t, ex.source)) {
						require.NotEmpty(t, p.Remedy)
						require.Contains(t, p.String(), p.Remedy)
						p.Remedy = ""
						got = append(got, p.String())
					}
					for i := range ex.want {
						ex.want[i] += "; "
					}
					require.Equal(t, ex.want, got)
				})
				broken = broken || len(ex.want) > 0
			}
			require.True(t, broken, "no example breaks the rule, so nobody knows whether it can be broken")
		})
	}
}

func TestEveryExampleBelongsToARule(t *testing.T) {
	var sentences []string
	for _, rule := range archtest.Rules() {
		sentences = append(sentences, rule.Sentence)
	}
	for sentence := range examples() {
		require.True(t, slices.Contains(sentences, sentence), sentence)
	}
}

func TestLoadReportsEveryFileThatDoesNotParse(t *testing.T) {
	_, err := archtest.Load(fstest.MapFS{
		"go.mod": {Data: []byte("module example.org/m\n")},
		"a.go":   {Data: []byte("package m\nfunc {")},
		"b/b.go": {Data: []byte("no package")},
	})
	require.ErrorContains(t, err, "a.go:2")
	require.ErrorContains(t, err, "b/b.go:1")
}

func TestLoadNeedsAModule(t *testing.T) {
	_, err := archtest.Load(fstest.MapFS{})
	require.ErrorContains(t, err, "go.mod")
	_, err = archtest.Load(fstest.MapFS{"go.mod": {Data: []byte("go 1.26\n")}})
	require.ErrorContains(t, err, "names no module")
}

func TestWhatIsHiddenIsNotLookedAt(t *testing.T) {
	tree := load(t, source{
		"testdata/a.go": "broken", ".b/b.go": "broken", "_c/c.go": "broken", "vendor/d/d.go": "broken", "_e.go": "broken",
		"f/f.go": "package f\n",
	})
	require.Len(t, tree.Packages, 1)
	require.Equal(t, "f", tree.Packages[0].Path)
}
