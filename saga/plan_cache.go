package saga

import (
	"encoding/json"
	"sync"
)

// maxCachedPlans bounds the memory for plans; a log has more only if it is strange.
const maxCachedPlans = 256

// planCache lets the sagas that a registry decodes share their plans, because nearly all of them have one of a few: that
// is most of the work of decoding a SagaStarted, and most of the memory of a saga at rest.
type planCache struct {
	mu    sync.RWMutex
	known map[string]*Plan // by their JSON
}

// startedJSON is a SagaStarted whose plan is not decoded yet.
type startedJSON struct {
	SagaStarted
	Plan json.RawMessage `json:"plan"` // in place of that of SagaStarted
}

// decode reads a SagaStarted. The plan is shared, and never modified.
func (c *planCache) decode(data []byte) (SagaStarted, error) {
	var raw startedJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return SagaStarted{}, err
	}
	plan, err := c.plan(raw.Plan)
	if err != nil {
		return SagaStarted{}, err
	}
	started := raw.SagaStarted
	started.Plan = plan
	return started, nil
}

// migratedJSON is a SagaMigrated whose plan is not decoded yet.
type migratedJSON struct {
	SagaMigrated
	Plan json.RawMessage `json:"plan"` // in place of that of SagaMigrated
}

// decodeMigrated reads a SagaMigrated as decode does a SagaStarted.
func (c *planCache) decodeMigrated(data []byte) (SagaMigrated, error) {
	var raw migratedJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return SagaMigrated{}, err
	}
	plan, err := c.plan(raw.Plan)
	if err != nil {
		return SagaMigrated{}, err
	}
	migrated := raw.SagaMigrated
	migrated.Plan = plan
	return migrated, nil
}

func (c *planCache) plan(raw json.RawMessage) (*Plan, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // an event without a plan; the fold will not take it
	}
	c.mu.RLock()
	plan := c.known[string(raw)]
	c.mu.RUnlock()
	if plan != nil {
		return plan, nil
	}
	if err := json.Unmarshal(raw, &plan); err != nil || plan == nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxCachedPlans {
		c.known = map[string]*Plan{}
	}
	c.known[string(raw)] = plan
	return plan, nil
}
