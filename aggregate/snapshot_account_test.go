package aggregate_test

import "encoding/json"

// accountSchema is raised with every change of the fields of Account, and of what its Evolve does.
const accountSchema = 1

// accountState is the form in which an account is kept.
type accountState struct {
	Open    bool `json:"open"`
	Balance int  `json:"balance"`
}

// SnapshotSchema is the version of accountState.
func (a *Account) SnapshotSchema() int { return accountSchema }

// MarshalSnapshot returns the account without its id, which New gives it.
func (a *Account) MarshalSnapshot() ([]byte, error) {
	return json.Marshal(accountState{Open: a.Open, Balance: a.Balance})
}

// UnmarshalSnapshot takes over a state.
func (a *Account) UnmarshalSnapshot(state []byte) error {
	var kept accountState
	err := json.Unmarshal(state, &kept)
	a.Open, a.Balance = kept.Open, kept.Balance
	return err
}
