package proof

import (
	"fmt"
	"os"
	"strconv"
)

// Prefix of the variables that tell campaigns how much to do.
const Prefix = "SKALD_PROOF_"

// Count returns the number in the variable SKALD_PROOF_<name>, or the fallback when it is not set. A value that is not a
// whole number from 0 on panics: a campaign of another size than asked for would be a wrong figure in the report.
func Count(name string, fallback int) int {
	text, set := os.LookupEnv(Prefix + name)
	if !set || text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		panic(fmt.Sprintf("%s%s is %q: give a whole number from 0 on, or unset it for %d", Prefix, name, text, fallback))
	}
	return n
}
