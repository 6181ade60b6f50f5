package modelcheck

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// appendPast adds what the rules remember to a canonical form.
func appendPast(form []byte, p *past) []byte {
	form, err := binary.Append(form, binary.LittleEndian, p)
	if err != nil {
		panic(fmt.Sprintf("what the rules remember is of fixed size: %v", err))
	}
	return form
}

// appendHistory adds everything that a merge forgets: the whole log with its instants, and the clock.
func (g *graph) appendHistory(form []byte, n *node) []byte {
	form = binary.AppendVarint(form, n.now.UnixMilli())
	events := n.events
	if n.parent != none {
		events = append(g.events(n.parent), n.events...)
	}
	for _, event := range events {
		text, err := json.Marshal(event)
		if err != nil {
			panic(fmt.Sprintf("an event is plain data and always encodes: %v", err))
		}
		form = append(append(form, event.EventType()...), text...)
	}
	return form
}
