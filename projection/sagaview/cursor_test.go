package sagaview_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/sagaview"
)

// FuzzCursor: whatever is given as a cursor, a list refuses it or goes on within the order.
func FuzzCursor(f *testing.F) {
	for _, text := range []string{
		"", "!", "MTIz", "MC8v", "LTEvYS9i", "MTc2NzM1NTIwMDAwMC9PcmRlci8x", "MTc2NzM1NTIwMDAwMC9PcmRlci8x\n",
		"OTk5OTk5OTk5OTk5OTk5OTk5OTkvYS9i", "KzEvYS9i", "MDEvYS9i", "MS9hLwBc",
	} {
		f.Add(text)
	}
	town := newTown(f)
	all := town.list(sagaview.Query{})
	f.Fuzz(func(t *testing.T, text string) {
		page, err := sagaview.List(t.Context(), town.db.Read, sagaview.Query{Cursor: text})
		if err != nil {
			require.ErrorIs(t, err, sagaview.ErrInvalidQuery)
			return
		}
		require.Equal(t, all.Sagas[len(all.Sagas)-len(page.Sagas):], page.Sagas)
	})
}
