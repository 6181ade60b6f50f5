package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/skaldgo/skald/saga"
)

// Post sends letters, each once.
type Post struct {
	mu   sync.Mutex
	sent map[string]string // letters by idempotency key
}

// NewPost returns a post office that has sent nothing.
func NewPost() *Post { return &Post{sent: map[string]string{}} }

// SendItinerary is the action of the last step. It needs what every branch has booked.
func (p *Post) SendItinerary(_ context.Context, call saga.Call[Trip]) (string, error) {
	var booked []string
	for _, step := range []string{StepHotel, StepFlight, StepCar} {
		booking, err := saga.Result[Booking](call, step)
		if err != nil {
			return "", err
		}
		booked = append(booked, booking.Reference)
	}
	letter := fmt.Sprintf("Dear %s, your trip to %s is booked: %s", call.Data.Traveller, call.Data.City, strings.Join(booked, " "))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent[call.IdempotencyKey] = letter
	return letter, nil
}

// Letters returns all that was sent.
func (p *Post) Letters() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var letters []string
	for _, letter := range p.sent {
		letters = append(letters, letter)
	}
	return letters
}
