package saga

import (
	"reflect"
	"regexp"
	"runtime"
	"strings"
)

// functions is about steps that share a function.
func (l *linter) functions() {
	actions, compensations := map[uintptr]int{}, map[uintptr]int{}
	for i, step := range l.o.steps {
		if first, name := firstOf(actions, step.origin.do, i); first != i {
			l.find(i, LintSameAction, "give each step the function that it is meant to have",
				"its action is %s, which is that of step %q as well", name, l.o.plan.Steps[first].Name)
		}
		if first, name := firstOf(compensations, step.origin.undo, i); first != i {
			l.find(i, LintSameCompensation,
				"undo in each compensation what its own action did; a step that leaves nothing to undo is read-only",
				"its compensation is %s, which is that of step %q as well", name, l.o.plan.Steps[first].Name)
		}
	}
}

// firstOf returns the first step that has a function, which is step i when no earlier one is known to have it.
func firstOf(known map[uintptr]int, function any, i int) (first int, name string) {
	v := reflect.ValueOf(function)
	if v.Kind() != reflect.Func || v.IsNil() {
		return i, ""
	}
	code := v.Pointer()
	if name = nameOfCode(code); name == "" {
		return i, ""
	}
	if first, is := known[code]; is {
		return first, name
	}
	known[code] = i
	return i, name
}

// bound matches the names that the compiler gives to functions which can be bound to something: function literals,
// methods of a value and instances of generic functions.
var bound = regexp.MustCompile(`\.(func)?\d+(\.|$)|-|\[`)

// nameOfCode returns the name of the function that begins at an address, "" when it can be bound to something.
func nameOfCode(address uintptr) string {
	frames := runtime.CallersFrames([]uintptr{address + 1}) // which looks at the place before a return address
	path := ""
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		path = frame.Function // the last one is the function itself, those before it were inlined
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	if dot := strings.IndexByte(name, '.'); dot < 0 || bound.MatchString(name[dot:]) {
		return ""
	}
	return name
}

// stepNames is about steps that only a careful reader tells apart.
func (l *linter) stepNames() {
	steps := l.o.plan.Steps
	for i := range steps {
		for j := range i {
			if similar(steps[i].Name, steps[j].Name) {
				l.find(i, LintSimilarNames, "name the steps by what makes them different",
					"its name differs from that of step %q in upper and lower case only", steps[j].Name)
				break
			}
		}
	}
}

func (l *linter) definitionNames(outlines []*outline) {
	told := map[[2]string]bool{}
	for _, o := range outlines {
		for _, other := range outlines {
			if pair := [2]string{o.name, other.name}; similar(o.name, other.name) && !told[pair] {
				told[pair] = true
				l.o = o
				l.find(whole, LintSimilarNames, "rename the one of which there are no sagas yet",
					"its name differs from that of definition %q in upper and lower case only", other.name)
				l.findings[len(l.findings)-1].version = 0 // it is about all versions of that name
			}
		}
	}
}

func similar(a, b string) bool { return a != b && strings.EqualFold(a, b) }
