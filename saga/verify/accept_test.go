package verify_test

import (
	"testing"

	"pgregory.net/rapid"
)

func TestEveryWalkOfSagasKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { accept(t, anyLog(t)) })
}
