package esdbtest

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"
)

// furnish writes what a server writes when it starts for the first time, so that $all does not begin with the events of
// users.
func (c *Cluster) furnish() {
	j := c.journal
	j.mu.Lock()
	for _, n := range c.nodes {
		j.describe("$stats-"+n.Address(), map[string]json.RawMessage{"$maxAge": number(24 * 60 * 60)})
	}
	j.describe("$scavenges", map[string]json.RawMessage{"$maxCount": number(1000)})
	if c.tls != nil {
		c.register()
	}
	w := j.queue()
	j.mu.Unlock()
	j.ready(w)
}

// register writes the events of the users. The journal is locked.
func (c *Cluster) register() {
	names := make([]string, 0, len(c.config.Users))
	for name := range c.config.Users {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		data, err := json.Marshal(map[string]any{"LoginName": name, "FullName": name, "Disabled": false})
		if err != nil {
			data = []byte("{}") // strings and a bool always can be written
		}
		c.journal.put("$user-"+name, 0, systemEvent("$UserCreated", data), false)
		c.journal.describe("$user-"+name, map[string]json.RawMessage{"$acl": json.RawMessage(`{"$r":"$admins"}`)})
		c.journal.put("$users", int64(i), systemEvent("$User", []byte(name)), false)
	}
}

func systemEvent(kind string, data []byte) event {
	return event{id: uuid.New(), kind: kind, contentType: jsonContent, data: data}
}
