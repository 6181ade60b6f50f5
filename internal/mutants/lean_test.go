package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const whole = `package lamp

import (
	"fmt"
	"testing"

	own "example.org/go-bulb/v2"
)

var worth = price()

var _ fmt.Stringer = (*glass)(nil)

type glass struct{}

func (*glass) String() string { return "" }

func TestA(t *testing.T) {
	help(t)
}

func TestB(t *testing.T) { fmt.Println(own.Bulb, other()) }

type bulb[T any] struct{ on T }

func (b *bulb[T]) light() T { return own.Light(b.on) }

func help(t *testing.T) { t.Log(half) }
func other() int        { return 1 }
func price() int        { return 2 }

const (
	half = 1 << iota
	full
)

const none = 0
func TestMain(*testing.M) {}
`

func TestTestsThatNoCheckNeedsAreNotCompiled(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(from, "lamp_test.go"), []byte(whole), 0o600))
	read := func() string {
		text, err := os.ReadFile(filepath.Join(to, "lamp_test.go"))
		require.NoError(t, err)
		return string(text)
	}
	require.NoError(t, lean(from, to, map[string]bool{"TestA": true}))
	lines := func(text string) (words [][]string) {
		for line := range strings.Lines(text) {
			words = append(words, strings.Fields(line))
		}
		return words
	}
	require.Equal(t, lines(`package lamp

import (
	"fmt"
	"testing"


)



var _ fmt.Stringer = (*glass)(nil)

type glass struct{}

func (*glass) String() string { return "" }

func TestA(t *testing.T) {
	help(t)
}







func help(t *testing.T) { t.Log(half) }



const (
	half = 1 << iota
	full
)


func TestMain(*testing.M) {}
`), lines(read()), "every line stays in its place")

	require.NoError(t, lean(from, to, nil))
	require.Equal(t, whole, read())
}
