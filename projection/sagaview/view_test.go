package sagaview_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/sagaview"
)

func TestAllFaultsOfAConfigAreReportedTogether(t *testing.T) {
	_, err := sagaview.New(sagaview.Config{StartGrace: -1, StuckGrace: -1})
	require.ErrorContains(t, err, "StartGrace")
	require.ErrorContains(t, err, "StuckGrace")
}

func TestTheSpecIsValid(t *testing.T) {
	require.NoError(t, newView(t).Spec().Validate())
}
