package projectorcli

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADevThatIsInterruptedBeforeItIsSeenToRunStopsInGoodOrder(t *testing.T) {
	var out, notes bytes.Buffer
	a := &app{stdout: &out, stderr: &notes, data: t.TempDir()}
	dev, err := a.openDev(t.Context(), devOptions{}, &orderSource{})
	require.NoError(t, err)
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	require.NoError(t, dev.run(interrupted))
	require.NoError(t, dev.close())
	require.Empty(t, out.String())
}
