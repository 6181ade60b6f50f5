package modelcheck

import (
	"strings"

	"github.com/skaldgo/skald/saga"
)

// version is one version of the definition of a saga.
type version struct {
	shape *Shape // by which the rules judge a saga of it
	plan  *saga.Plan
	hash  string
}

// versions returns those that a saga of a shape can go by, the one that it is started with first.
func (s *Shape) versions(name string) []version {
	all := []version{{shape: s}}
	if s.Next != nil {
		all = append(all, version{shape: s.migrated()})
	}
	for i, shape := range []*Shape{s, s.Next}[:len(all)] {
		all[i].plan = shape.definition(name, i+1).Plan()
		all[i].hash = saga.DefinitionHash(name, i+1, all[i].plan)
	}
	return all
}

// migrated returns the shape of a saga that was migrated: what happens to it is the same, and the deadline that it was
// started with stays.
func (s *Shape) migrated() *Shape {
	now, next := *s, s.Next
	now.Steps, now.Group, now.Limit, now.Probes = next.Steps, next.Group, next.Limit, next.Probes
	now.Attempts, now.Undos = next.Attempts, next.Undos
	now.Total = s.Total || next.Total // what is recorded of an attempt that is open stays
	return &now
}

// validate reports what is wrong with the definitions.
func (s *Shape) validate(name string) error {
	if err := s.definition(name, 1).Validate(); err != nil || s.Next == nil {
		return err
	}
	return s.Next.definition(name, 2).Validate()
}

// by returns the shape that a log is judged by: that of the version which its saga goes by.
func (g *graph) by(p *past) *Shape {
	if p.migrated {
		return g.versions[1].shape
	}
	return g.shape
}

// of is by, for the end of a log.
func (g *graph) of(log nodeID) *Shape { return g.by(&g.at(log).past) }

// has reports whether the version has step i.
func (s *Shape) has(i int) bool { return s.Steps[i] != '.' }

// stage returns the first step that may be under way together with step i.
func (s *Shape) stage(i int) int {
	if s.Group != "" && s.Group[i] == 'g' {
		return strings.IndexByte(s.Group, 'g')
	}
	return i
}

// limit returns how many attempts may be open while step i is under way.
func (s *Shape) limit(i int) int {
	if s.Group != "" && s.Group[i] == 'g' {
		return s.widest()
	}
	return 1
}
