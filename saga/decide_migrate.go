package saga

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCannotMigrate: a saga has come to something that the other version of its definition does not lead to. See
// MigrationError.
var ErrCannotMigrate = errors.New("saga cannot be migrated")

// MigrationError tells why a saga cannot be migrated to a version of its definition.
type MigrationError struct {
	Ref     Ref
	Version int // the one that it was to be migrated to
	// Obstacles are all the reasons, of which there is one at least.
	Obstacles []string
}

func (e *MigrationError) Error() string {
	return fmt.Sprintf("%s cannot be migrated to version %d: %s", e.Ref, e.Version, strings.Join(e.Obstacles, "; "))
}

// Is makes errors.Is(err, ErrCannotMigrate) true.
func (e *MigrationError) Is(target error) bool { return target == ErrCannotMigrate }

// decideMigrate lets the saga go on by another version of its definition, if that leads to where it stands.
func (in *Instance) decideMigrate(c MigrateSaga) ([]Event, error) {
	if err := in.mayOperate("migrate", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	if in.hash == c.DefinitionHash {
		return nil, nil
	}
	if why := in.obstacles(c.Version, c.Plan); len(why) > 0 {
		return nil, &MigrationError{Ref: in.ref, Version: c.Version, Obstacles: why}
	}
	return []Event{SagaMigrated{
		Version: c.Version, DefinitionHash: c.DefinitionHash, Plan: c.Plan,
		Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision),
	}}, nil
}
