package saga

// PlannedGroup is a parallel group of a plan: the steps that name it.
type PlannedGroup struct {
	Name string `json:"name"`
	// Limit is how many attempts of its branches may be open at once, 0 for any number.
	Limit int `json:"limit,omitempty"`
}

// stage returns the steps that may be under way together with step i: the branches of its group, or the step alone.
func (p *Plan) stage(i int) (from, to int) {
	from, to = i, i+1
	group := p.Steps[i].Group
	if group == "" {
		return from, to
	}
	for from > 0 && p.Steps[from-1].Group == group {
		from--
	}
	for to < len(p.Steps) && p.Steps[to].Group == group {
		to++
	}
	return from, to
}

// stageOf returns the first step of the stage of step i, to compare: the branches of a group have no order.
func (p *Plan) stageOf(i int) int {
	from, _ := p.stage(i)
	return from
}

// maxOpen is how many attempts of a saga may be open at once: a restart takes them over in one append.
const maxOpen = 1_000

// together reports whether two steps may be under way together.
func (p *Plan) together(i, j int) bool {
	return i == j || p.Steps[i].Group != "" && p.Steps[i].Group == p.Steps[j].Group
}

// limit returns how many attempts may be open at once where a step is under way. A group may have fewer steps.
func (p *Plan) limit(step int) int {
	if p.Steps[step].Group == "" {
		return 1
	}
	for _, group := range p.Groups {
		if group.Name == p.Steps[step].Group && group.Limit > 0 {
			return min(group.Limit, maxOpen)
		}
	}
	return maxOpen
}

// crooked reports whether the branches of a group do not stand side by side, or name a group that the plan has not.
func (p *Plan) crooked() bool {
	known := make(map[string]bool, len(p.Groups))
	for _, group := range p.Groups {
		if group.Name == "" || known[group.Name] || group.Limit < 0 {
			return true
		}
		known[group.Name] = true
	}
	for i := 0; i < len(p.Steps); {
		_, to := p.stage(i)
		if group := p.Steps[i].Group; group != "" {
			if !known[group] {
				return true
			}
			delete(known, group) // a second run of its steps would be out of place
		}
		i = to
	}
	return false
}

// widest returns how many attempts of a saga of this plan can be open at once.
func (p *Plan) widest() int {
	widest := 1
	if len(p.Groups) == 0 {
		return widest
	}
	for i := 0; i < len(p.Steps); {
		from, to := p.stage(i)
		widest = max(widest, min(p.limit(from), to-from))
		i = to
	}
	return widest
}
