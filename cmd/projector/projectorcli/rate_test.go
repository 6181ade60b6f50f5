package projectorcli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARateIsANumberAndAUnit(t *testing.T) {
	for text, every := range map[string]time.Duration{
		"20/s": 50 * time.Millisecond, "5/m": 12 * time.Second, "1800/h": 2 * time.Second, "0.5/s": 2 * time.Second,
		"0": 0, "0/s": 0, "100000/s": 10 * time.Microsecond,
	} {
		var r rate
		require.NoError(t, r.Set(text), text)
		require.Equal(t, every, r.every, text)
		require.Equal(t, text, r.String())
	}
	for _, text := range []string{"", "fast", "20", "/s", "20/", "20/d", "-1/s", "NaN/s", "+Inf/s", "1e9/s", "1e-9/h", "20/s/s"} {
		var r rate
		require.Error(t, r.Set(text), text)
	}
}
