package saga

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/skaldgo/skald/eventstore"
)

// openSagas returns the sagas of the definition's name that have not ended and that a filter chooses, in the order of their
// starts.
func (m *migrator) openSagas(ctx context.Context, filter WhatIfFilter) ([]Ref, error) {
	var refs []Ref
	open := map[Ref]bool{}
	prefix := Ref{Name: m.to.name, ID: filter.IDPrefix}.Stream()
	streams := eventstore.Filter{StreamPrefixes: []string{prefix}}
	for ev, err := range m.o.cfg.Store.ReadAll(ctx, eventstore.Position{}, eventstore.Forwards, streams) {
		if err != nil {
			return nil, err
		}
		ref, is := ParseStream(ev.Stream)
		switch {
		case !is:
		case noteOf(ev.Type) == noteEnded:
			open[ref] = false
		case ev.Revision == 0:
			meta, err := eventstore.ParseMetadata(ev.Metadata)
			if err != nil || filter.startedIn(meta.At) { // it is told of as one that cannot be read
				open[ref] = true
				refs = append(refs, ref)
			}
		}
	}
	left := refs[:0]
	for _, ref := range refs {
		if open[ref] {
			left = append(left, ref)
		}
	}
	return left, nil
}

// misfits tells which data and results of a saga the definition's types do not take.
func (c *compiled) misfits(in *Instance) (list []string) {
	if err := c.checks(in.data); err != nil {
		list = append(list, fmt.Sprintf("its data does not fit %s: %v", c.dataType, err))
	}
	for i := range in.steps {
		name, result := in.plan.Steps[i].Name, in.steps[i].result
		kind := c.results[name]
		if result == nil || kind == nil {
			continue
		}
		if err := json.Unmarshal(result, reflect.New(kind).Interface()); err != nil {
			list = append(list, fmt.Sprintf("the result of %s does not fit %s: %v", name, kind, err))
		}
	}
	return list
}
