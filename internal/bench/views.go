package main

import (
	"context"
	"errors"

	"github.com/skaldgo/skald/eventstore/sqlite"
)

func runView(ctx context.Context, store *sqlite.Store, path string) error { return errors.New("x") }

func catchUp(ctx context.Context, dir string) (figure, error) { return figure{}, errors.New("x") }
