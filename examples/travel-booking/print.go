package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

func printTrip(ctx context.Context, w io.Writer, store eventstore.Store, s Services, ending saga.Ending) error {
	fmt.Fprintf(w, "history of %s\n", ending.Ref)
	if err := printHistory(ctx, w, store, ending.Ref); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nthe saga has %s\n", ending.State)
	if ending.Err != nil {
		fmt.Fprintf(w, "  because %v\n", ending.Err)
	}
	for _, agency := range []*Agency{s.Hotel, s.Flight, s.Car} {
		standing, cancelled := agency.Bookings()
		fmt.Fprintf(w, "  %-6s  booked: %-10s cancelled: %s\n", agency.kind, names(standing), names(cancelled))
	}
	for _, letter := range s.Post.Letters() {
		fmt.Fprintf(w, "  letter  %s\n", letter)
	}
	fmt.Fprintf(w, "\nas a picture, for instance on https://mermaid.live\n\n%s", saga.MermaidInstance(ending.Instance))
	return nil
}

// printHistory writes one line for each event of the saga's stream: that is all there is of a saga.
func printHistory(ctx context.Context, w io.Writer, store eventstore.Store, ref saga.Ref) error {
	var began time.Time
	for event, err := range store.ReadStream(ctx, ref.Stream(), 0, eventstore.Forwards) {
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", ref, err)
		}
		if event.Revision == 0 {
			began = event.RecordedAt
		}
		var about struct {
			Step  string   `json:"step"`
			Error string   `json:"error"`
			Plan  []string `json:"plan"`
		}
		if event.Type != saga.TypeSagaStarted { // whose plan is the whole definition
			if err := json.Unmarshal(event.Data, &about); err != nil {
				return fmt.Errorf("read event %d of %s: %w", event.Revision, ref, err)
			}
		}
		words := strings.TrimSpace(strings.Join([]string{about.Step, about.Error, strings.Join(about.Plan, ", ")}, "  "))
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%6d ms  %-22s  %s",
			event.RecordedAt.Sub(began).Milliseconds(), event.Type, words), " "))
	}
	return nil
}

func names(of []string) string {
	if len(of) == 0 {
		return "nothing"
	}
	return strings.Join(of, ", ")
}
