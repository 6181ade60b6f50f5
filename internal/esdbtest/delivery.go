package esdbtest

import "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

// delivery sends the answers of one read or subscription, until its fault cuts it off.
type delivery struct {
	node  *Node
	call  streams.Streams_ReadServer
	fault Fault
	text  bool
	sent  int // events
}

func (d *delivery) send(resp *streams.ReadResp) error { return d.call.Send(resp) }

func (d *delivery) event(r *record) error {
	if err := d.cut(); err != nil {
		return err
	}
	d.sent++
	return d.send(r.toWire(d.text))
}

// last is called when there is nothing more to send, or nothing for the moment.
func (d *delivery) last() error { return d.cut() }

func (d *delivery) cut() error {
	if d.fault.Cut == nil || d.sent < d.fault.CutAfter {
		return nil
	}
	if d.fault.Disconnect {
		d.node.disconnect(d.call.Context())
	}
	return d.fault.Cut
}
