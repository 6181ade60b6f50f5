package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

func TestWhatAServerSaysInItsOwnLanguageCountsAsWell(t *testing.T) {
	full := &pgconn.PgError{Severity: "FEHLER", SeverityUnlocalized: "ERROR", Code: "53100"}
	require.True(t, undone(full), "the statement failed, and the session goes on")
	require.False(t, broken(full))
	ended := &pgconn.PgError{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: "57P01"}
	require.False(t, undone(ended), "the commit may have come first")
	require.True(t, broken(ended))
}
