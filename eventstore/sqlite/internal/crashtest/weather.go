package crashtest

import "math/rand/v2"

// seeded makes the randomness that determines a run.
func seeded(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it has to be the same each time
}

// fate is what a power cut does to one change that was not synced.
type fate uint8

const (
	lost fate = iota
	kept
	torn
)

// weather is the character of one power cut, as disks and their caches differ.
type weather struct {
	keep, tear float64 // probabilities
	shuffled   bool    // the changes of a file reached the disk in any order
	ordered    bool    // they reached it in order: up to one that is torn, and none after it
}

func drawWeather(rng *rand.Rand) weather {
	switch rng.IntN(6) {
	case 0:
		return weather{}
	case 1:
		return weather{keep: 1}
	case 2:
		return weather{keep: rng.Float64(), ordered: true}
	default:
		keep := rng.Float64()
		return weather{keep: keep, tear: (1 - keep) * rng.Float64(), shuffled: rng.IntN(2) == 0}
	}
}

// fates draws what becomes of each of n changes.
func (w weather) fates(rng *rand.Rand, n int) []fate {
	all := make([]fate, n)
	if w.ordered && n > 0 {
		whole := rng.IntN(n)
		for i := range whole {
			all[i] = kept
		}
		all[whole] = torn
		return all
	}
	for i := range all {
		switch p := rng.Float64(); {
		case p < w.keep:
			all[i] = kept
		case p < w.keep+w.tear:
			all[i] = torn
		}
	}
	return all
}

// survives draws whether a change of a directory does.
func (w weather) survives(rng *rand.Rand) bool { return rng.Float64() < w.keep }

const sector = 512

// tear returns what reached the disk of a write. A tear never reaches beyond the bytes that were being written: SQLite
// relies on that (SQLITE_IOCAP_POWERSAFE_OVERWRITE), here as in the shipped build.
func tear(rng *rand.Rand, c change) []change {
	if rng.IntN(4) == 0 {
		return sectors(rng, c)
	}
	length := rng.IntN(len(c.data))
	if rng.IntN(2) == 0 { // where a sector ends
		length = int(max((c.at+int64(length))/sector*sector-c.at, 0))
	}
	var parts []change
	if length > 0 {
		parts = append(parts, change{at: c.at, data: c.data[:length]})
	}
	if rng.IntN(2) == 0 {
		noise := make([]byte, len(c.data)-length)
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		parts = append(parts, change{at: c.at + int64(length), data: noise})
	}
	return parts
}

// sectors keeps some sectors of a write, each by itself.
func sectors(rng *rand.Rand, c change) []change {
	var parts []change
	for from := 0; from < len(c.data); {
		to := min(int((c.at+int64(from))/sector*sector+sector-c.at), len(c.data))
		if rng.IntN(2) == 0 {
			parts = append(parts, change{at: c.at + int64(from), data: c.data[from:to]})
		}
		from = to
	}
	return parts
}
