package sagatest

import "slices"

// maxShrinks is how many runs are spent on cutting a failure down.
const maxShrinks = 2000

// shrinking cuts a simulation that goes wrong down, for as long as it still goes wrong.
type shrinking struct {
	st    *stage
	fresh func() (subject, error)
	seed  uint64
	runs  int
}

// shrink leaves out faults, then sagas and orchestrators, then faults again, and returns what is left.
func (s *shrinking) shrink(seeds Seeds, r result) Seeds {
	seeds.First, seeds.Count, seeds.Only = s.seed, 1, points(r.faults)
	if !s.fails(&seeds) {
		return seeds // it cannot be told apart by its faults
	}
	for s.runs < maxShrinks {
		before := seeds
		seeds = s.fewerFaults(seeds)
		seeds = s.fewerSagas(seeds)
		seeds = s.fewerOrchestrators(seeds)
		if len(before.Only) == len(seeds.Only) && before.Orchestrators == seeds.Orchestrators &&
			len(before.OnlySagas) == len(seeds.OnlySagas) {
			break
		}
	}
	return seeds
}

// fails runs the simulation again. What goes wrong may be something else than before: that is a failure as well.
func (s *shrinking) fails(seeds *Seeds) bool {
	s.runs++
	r := simulate(s.st, s.fresh, s.seed, *seeds, false)
	if r.err != nil {
		seeds.Only = points(r.faults) // without those that it did not come to
	}
	return r.err != nil
}

// points returns the names of the points at which something went wrong; never nil, which would mean all of them.
func points(faults []thrown) []string {
	names := make([]string, 0, len(faults))
	for _, f := range faults {
		names = append(names, f.point.String())
	}
	return names
}

// fewerFaults is delta debugging: it leaves out parts of the list, large ones first, until no single one can be left out.
func (s *shrinking) fewerFaults(seeds Seeds) Seeds {
	for size := (len(seeds.Only) + 1) / 2; size > 0; {
		cut := false
		for at := 0; at < len(seeds.Only) && s.runs < maxShrinks; {
			tried := seeds
			tried.Only = slices.Delete(slices.Clone(seeds.Only), at, min(at+size, len(seeds.Only)))
			if s.fails(&tried) {
				seeds, cut = tried, true
				continue
			}
			at += size
		}
		switch {
		case s.runs >= maxShrinks || size == 1 && !cut:
			return seeds
		case !cut || size > len(seeds.Only):
			size = max(1, min(size, len(seeds.Only))/2)
		}
		if len(seeds.Only) == 0 {
			return seeds
		}
	}
	return seeds
}

func (s *shrinking) fewerSagas(seeds Seeds) Seeds {
	sagas := seeds.OnlySagas
	for number := 1; sagas == nil && number <= seeds.Sagas; number++ {
		seeds.OnlySagas = append(seeds.OnlySagas, number)
	}
	for _, number := range slices.Clone(seeds.OnlySagas) {
		tried := seeds
		tried.OnlySagas = slices.DeleteFunc(slices.Clone(seeds.OnlySagas), func(n int) bool { return n == number })
		if len(tried.OnlySagas) > 0 && s.fails(&tried) {
			seeds = tried
		}
	}
	return seeds
}

func (s *shrinking) fewerOrchestrators(seeds Seeds) Seeds {
	for fewer := 1; fewer < maxOrchestrators && (seeds.Orchestrators == 0 || fewer < seeds.Orchestrators); fewer++ {
		tried := seeds
		tried.Orchestrators = fewer
		if s.fails(&tried) {
			return tried
		}
	}
	return seeds
}
