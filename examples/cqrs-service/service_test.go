package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// served is a service behind a server for tests.
type served struct {
	t       *testing.T
	service *Service
	server  *httptest.Server
}

func open(t *testing.T, dir string, payments Payments) *served {
	service, err := Open(t.Context(), Config{Dir: dir, Payments: payments, Patience: 50 * time.Millisecond})
	require.NoError(t, err)
	return &served{t, service, httptest.NewServer(service.Handler())}
}

// close stops the service, which does not run.
func (s *served) close() {
	s.server.Close()
	require.NoError(s.t, s.service.Close())
}

// run runs the service while do does something, and stops it.
func (s *served) run(do func()) {
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.service.Run(ctx) }()
	do()
	stop()
	require.NoError(s.t, <-ended)
}

func (s *served) request(method, path, body string) (status int, header http.Header, answer map[string]any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	response, err := s.server.Client().Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, json.Unmarshal(text, &answer), "%s", text)
	return response.StatusCode, response.Header, answer
}

// place places an order and returns where to read it.
func (s *served) place(id string) (location string) {
	s.t.Helper()
	status, header, answer := s.request(http.MethodPost, "/orders", `{"id":"`+id+`","item":"lamp","cents":4500}`)
	require.Equal(s.t, http.StatusCreated, status, answer)
	return header.Get("Location")
}

// eventually reads an order until it has a status.
func (s *served) eventually(id, want string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		_, _, answer := s.request(http.MethodGet, "/orders/"+id, "")
		return answer["status"] == want
	}, 20*time.Second, 10*time.Millisecond, "order %s is not %s", id, want)
}

func TestAnOrderIsPlacedReadAtOnceAndConfirmed(t *testing.T) {
	cards := NewCards(false, 0)
	s := open(t, t.TempDir(), cards)
	defer s.close()
	s.run(func() {
		location := s.place("A-1")
		require.Eventually(t, func() bool { // the query waits no longer than its patience, on a busy machine as well
			status, _, answer := s.request(http.MethodGet, location, "")
			return status == http.StatusOK && answer["item"] == "lamp"
		}, 20*time.Second, time.Millisecond)
		s.eventually("A-1", StatusConfirmed)
		_, _, answer := s.request(http.MethodGet, "/orders/A-1", "")
		require.Equal(t, "R-A-1", answer["receipt"])
	})
	require.Len(t, cards.charges, 1)
}

func TestADeclinedCardRejectsTheOrder(t *testing.T) {
	s := open(t, t.TempDir(), NewCards(true, 0))
	defer s.close()
	s.run(func() {
		s.place("A-1")
		s.eventually("A-1", StatusRejected)
		require.Eventually(t, func() bool {
			_, _, answer := s.request(http.MethodGet, "/orders/A-1/saga", "")
			return answer["state"] == saga.StateFailed.String() && answer["why"] == "step charge_card: card declined"
		}, 20*time.Second, 10*time.Millisecond)
	})
}

func TestAQueryAsksForItsPositionAndSaysNotYet(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewCards(false, 0)) // it does not run, so the read model stands still
	location := s.place("A-1")
	status, header, answer := s.request(http.MethodGet, location, "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "1", header.Get("Retry-After"))
	require.Equal(t, "not yet: the read model is as of 0/0, you ask for 1/0", answer["error"])
	status, _, _ = s.request(http.MethodGet, "/orders/A-1", "")
	require.Equal(t, http.StatusNotFound, status, "without a position the answer is as old as it is")
	s.close()

	s = open(t, dir, NewCards(false, 0)) // to open it brings the read model up to date
	defer s.close()
	status, _, answer = s.request(http.MethodGet, location, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, StatusPlaced, answer["status"])
}

func TestWhatWasPlacedBeforeAStopGoesOnAfterIt(t *testing.T) {
	dir, cards := t.TempDir(), NewCards(false, 0)
	s := open(t, dir, cards)
	s.place("A-1") // nobody has followed the log yet: not even its saga was started
	s.close()
	s = open(t, dir, cards)
	s.run(func() { s.eventually("A-1", StatusConfirmed) })
	s.close()

	s = open(t, dir, cards)
	defer s.close()
	s.run(func() {
		s.place("A-2")
		s.eventually("A-2", StatusConfirmed)
	})
	require.Len(t, cards.charges, 2, "an order is charged once, however often the service starts")
	require.Equal(t, 3, s.events("A-1"))
}

// events counts the events of an order.
func (s *served) events(id string) (n int) {
	for _, err := range s.service.store.ReadStream(s.t.Context(), category+"-"+id, 0, eventstore.Forwards) {
		require.NoError(s.t, err)
		n++
	}
	return n
}

func TestARequestThatIsSentAgainPlacesNoSecondOrder(t *testing.T) {
	s := open(t, t.TempDir(), NewCards(false, 0))
	defer s.close()
	first, again := s.place("A-1"), s.place("A-1")
	require.Equal(t, first, again)
	require.Equal(t, 1, s.events("A-1"))
	status, _, _ := s.request(http.MethodPost, "/orders", `{"id":"A-1","item":"sofa","cents":4500}`)
	require.Equal(t, http.StatusConflict, status)
}

func TestWhatARequestLacksIsNamed(t *testing.T) {
	s := open(t, t.TempDir(), NewCards(false, 0))
	defer s.close()
	for _, test := range []struct {
		method, path, body, says string
		status                   int
	}{
		{http.MethodPost, "/orders", `{"id":"A-1","item":"","cents":1}`, "item is empty", http.StatusBadRequest},
		{http.MethodPost, "/orders", `{"id":"A-1","item":"lamp"}`, "cents is 0", http.StatusBadRequest},
		{http.MethodPost, "/orders", `{"item":"lamp","cents":1}`, "id is empty", http.StatusBadRequest},
		{http.MethodPost, "/orders", `{"colour":"red"}`, `unknown field "colour"`, http.StatusBadRequest},
		{http.MethodPost, "/orders", `lamp`, "invalid character", http.StatusBadRequest},
		{http.MethodGet, "/orders/A-1?min_pos=" + url.QueryEscape("yesterday"), "", "not of the form 123/0", http.StatusBadRequest},
		{http.MethodGet, "/orders/A-1", "", "no such order", http.StatusNotFound},
		{http.MethodGet, "/orders/A-1/saga", "", "not found", http.StatusNotFound},
	} {
		status, _, answer := s.request(test.method, test.path, test.body)
		require.Equal(t, test.status, status, "%s %s %s", test.method, test.path, test.body)
		require.Contains(t, answer["error"], test.says)
	}
}
