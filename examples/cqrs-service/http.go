package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// Handler returns the HTTP side of the service:
//
//	POST /orders                   {"id":…, "item":…, "cents":…} places an order; the answer has the position of the event
//	GET  /orders/{id}?min_pos=P    the order in the read model, as of position P or later
//	GET  /orders/{id}/saga         where its saga stands, straight from the log
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", s.placeOrder)
	mux.HandleFunc("GET /orders/{id}", s.getOrder)
	mux.HandleFunc("GET /orders/{id}/saga", s.getSaga)
	return mux
}

func (s *Service) placeOrder(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ID    string `json:"id"`
		Item  string `json:"item"`
		Cents int64  `json:"cents"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		answer(w, http.StatusBadRequest, problem{`the body is not an order like {"id":"A-1","item":"lamp","cents":4500}: ` + err.Error()})
		return
	}
	// The id comes from the client, so that a request that is sent again places no second order.
	if err := (saga.Ref{Name: SagaName, ID: body.ID}).Validate(); err != nil {
		answer(w, http.StatusBadRequest, problem{err.Error()})
		return
	}
	result, err := s.orders.Execute(r.Context(), body.ID, Place{Item: body.Item, Cents: body.Cents},
		aggregate.Envelope{CorrelationID: body.ID})
	position := result.Position
	if err == nil && position.IsZero() { // it was there already, or was stored by an append that had to be repeated
		position, err = s.head(r.Context())
	}
	if err != nil {
		answer(w, statusOf(err), problem{err.Error()})
		return
	}
	w.Header().Set("Location", "/orders/"+url.PathEscape(body.ID)+"?min_pos="+url.QueryEscape(position.String()))
	answer(w, http.StatusCreated, struct {
		ID       string              `json:"id"`
		Position eventstore.Position `json:"position"`
	}{body.ID, position})
}

// head returns the position of the last event of the log.
func (s *Service) head(ctx context.Context) (eventstore.Position, error) {
	for event, err := range s.store.ReadAll(ctx, eventstore.Position{}, eventstore.Backwards, eventstore.Filter{}) {
		return event.Position, err
	}
	return eventstore.Position{}, nil
}

func (s *Service) getOrder(w http.ResponseWriter, r *http.Request) {
	var asked eventstore.Position
	if text := r.URL.Query().Get("min_pos"); text != "" {
		if err := asked.UnmarshalText([]byte(text)); err != nil {
			answer(w, http.StatusBadRequest, problem{err.Error()})
			return
		}
	}
	found, err := s.read(r.Context(), r.PathValue("id"), asked)
	if err != nil {
		answer(w, statusOf(err), problem{err.Error()})
		return
	}
	answer(w, http.StatusOK, found)
}

func (s *Service) getSaga(w http.ResponseWriter, r *http.Request) {
	in, err := s.orchestrator.Load(r.Context(), SagaName, r.PathValue("id"))
	if err != nil {
		answer(w, statusOf(err), problem{err.Error()})
		return
	}
	type step struct {
		Name  string         `json:"name"`
		State saga.StepState `json:"state"`
	}
	where := struct {
		State saga.State `json:"state"`
		Why   string     `json:"why,omitempty"`
		Steps []step     `json:"steps"`
	}{State: in.State()}
	_, where.Why = in.Failure()
	for _, s := range in.Steps() {
		where.Steps = append(where.Steps, step{s.Name, s.State})
	}
	answer(w, http.StatusOK, where)
}

type problem struct {
	Error string `json:"error"`
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, ErrPlacedOtherwise):
		return http.StatusConflict
	case errors.Is(err, errNotFound), errors.Is(err, saga.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, errNotYet), errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, eventstore.ErrClosed):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// answer sends JSON. An error of it means that nobody listens any more.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
