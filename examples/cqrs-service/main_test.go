package main

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// childData, when it is set, makes the test binary the program itself on that data directory, so that it can be killed.
const childData = "CQRS_SERVICE_TEST_DATA"

func TestMain(m *testing.M) {
	if data := os.Getenv(childData); data != "" {
		os.Exit(run(context.Background(), []string{"-serve", "-data", data}, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

func program(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestTheClientReadsItsOwnOrderAndThenThatItIsConfirmed(t *testing.T) {
	code, out, errs := program(t.Context(), "-data", t.TempDir())
	require.Zero(t, code, out+errs)
	require.Contains(t, out, `"position":"1/0"`)
	require.Contains(t, out, "?min_pos=1%2F0\n  200 ")
	require.Contains(t, out, `"status":"confirmed","receipt":"R-ORD-`)
	require.Contains(t, out, `{"state":"completed"`)
}

func TestADeclinedCardIsToldToTheEnd(t *testing.T) {
	code, out, errs := program(t.Context(), "-data", t.TempDir(), "-fail", "payment")
	require.Zero(t, code, out+errs)
	require.Contains(t, out, `"status":"rejected"`)
	require.Contains(t, out, `"why":"step charge_card: card declined","steps":[{"name":"accept_order","state":"compensated"}`)
}

func TestKilledAndStartedAgainItGoesOnWithEveryOrder(t *testing.T) {
	data, self := t.TempDir(), os.Args[0]
	var placed []string
	for life := range 3 {
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), childData+"="+data)
		stdout, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		first, err := bufio.NewReader(stdout).ReadString('\n')
		require.NoError(t, err)
		base := strings.TrimSuffix(strings.Fields(first)[1], ";")
		for n := range 5 {
			id := "A-" + strconv.Itoa(10*life+n)
			placeAt(t, base, id)
			placed = append(placed, id)
		}
		require.NoError(t, child.Process.Kill())
		require.Error(t, child.Wait(), "it was killed, it did not end by itself")
	}
	s := open(t, data, NewCards(false, 0))
	defer s.close()
	s.run(func() {
		for _, id := range placed {
			s.eventually(id, StatusConfirmed)
			require.Equal(t, 3, s.events(id), "placed, accepted and confirmed, each once")
		}
	})
}

func placeAt(t *testing.T, base, id string) {
	t.Helper()
	body := strings.NewReader(`{"id":"` + id + `","item":"lamp","cents":4500}`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/orders", body)
	require.NoError(t, err)
	request.Close = true // the connection dies with the service
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusCreated, response.StatusCode)
}

func TestItStopsInGoodOrder(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	out := &lines{first: make(chan string, 1)}
	data := t.TempDir()
	go func() { ended <- run(ctx, []string{"-serve", "-data", data}, out, os.Stderr) }()
	base := strings.TrimSuffix(strings.Fields(<-out.first)[1], ";")
	placeAt(t, base, "A-1")
	stop()
	require.Zero(t, <-ended)
}

// lines hands over the first thing that is written.
type lines struct{ first chan string }

func (l *lines) Write(p []byte) (int, error) {
	select {
	case l.first <- string(p):
	default:
	}
	return len(p), nil
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	code, out, errs := program(t.Context(), "-fail", "luck", "-addr", "0.0.0.0:80", "now")
	require.Equal(t, 2, code)
	require.Empty(t, out)
	require.Contains(t, errs, `unexpected argument "now"`)
	require.Contains(t, errs, `-fail is "luck", it must be payment`)
	require.Contains(t, errs, `-addr is "0.0.0.0:80", it must be a loopback address with a port`)
	code, _, errs = program(t.Context(), "-srve")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "flag provided but not defined: -srve")
	code, _, errs = program(t.Context(), "-help")
	require.Zero(t, code)
	require.Contains(t, errs, "-addr address")
}
