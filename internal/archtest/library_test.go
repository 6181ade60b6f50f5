package archtest_test

func libraryExamples() map[string][]example {
	return map[string][]example{
		"importing a package runs no code": initExamples(),
		"packages hold no state":           stateExamples(),
		"libraries leave sleeping, printing, logging and exiting to the program": forbiddenExamples(),
		"no struct keeps a context": contextExamples(),
	}
}

func initExamples() []example {
	return []example{
		{"an init function", source{"a/a.go": "package a\n\nfunc init() {}\n"}, []string{"a/a.go:3: an init function"}},
		{"a method of that name", source{"a/a.go": "package a\ntype t int\nfunc (t) init() {}\n"}, nil},
	}
}

func stateExamples() []example {
	return []example{
		{"what nothing changes", source{"a/a.go": `package a
import ("errors"; "regexp"; "fmt"; _ "embed"; "example.org/m/b")
var ErrOne = errors.New("one")
var errTwo = fmt.Errorf("two: %w", ErrOne)
var name = regexp.MustCompile("a")
var names = [...]string{"a", "b"}
var _ I = (*T)(nil)
var zero b.Position
var point = struct1{1}
//go:embed schema.sql
var schema string
type struct1 struct{ x int }
func f() { names := []int{1}; names[0] = 2; ErrOne := 1; ErrOne++ }
`}, nil},
		{"containers and references", source{"a/a.go": `package a
import ("sync"; "os"; "sync/atomic")
var registry = map[string]int{}
var all []int
var mu sync.Mutex
var n atomic.Int64
var out = os.Getenv("X")
var p = &T{}
var hook = func() {}
var q *T
var set names
var more = names{}
type names map[string]bool
type T struct{}
`}, []string{
			"a/a.go:3: package variable registry is a map",
			"a/a.go:4: package variable all is a slice",
			"a/a.go:5: package variable mu is a sync.Mutex",
			"a/a.go:6: package variable n is a sync/atomic.Int64",
			"a/a.go:7: package variable out is the result of a call",
			"a/a.go:8: package variable p is neither a plain value nor an error",
			"a/a.go:9: package variable hook is neither a plain value nor an error",
			"a/a.go:10: package variable q is a reference to something else",
			"a/a.go:11: package variable set is a map",
			"a/a.go:12: package variable more is a map",
		}},
		{"a plain value that is changed", source{
			"a/a.go": "package a\nvar count = 1\nvar table = [...]int{1}\nfunc f() { count++; table[0] = 2 }\n",
			"a/b.go": "package a\nfunc g() *int { count = 3; return &count }\n",
		}, []string{
			"a/a.go:4: package variable count is assigned to",
			"a/a.go:4: package variable table is assigned to",
			"a/b.go:2: package variable count is assigned to",
			"a/b.go:2: package variable count has its address taken",
		}},
		{"tests may", source{"a/a_test.go": "package a\nvar update = new(bool)\n"}, nil},
	}
}

func forbiddenExamples() []example {
	return []example{
		{"each of them", source{"saga/a.go": `package saga
import ("context"; "fmt"; "log"; "log/slog"; "os"; "time")
func f() {
	time.Sleep(1)
	slog.Info("x")
	_ = slog.Default()
	fmt.Println()
	os.Exit(1)
	_ = context.TODO()
	log.Print()
}
`}, []string{
			"saga/a.go:2: a library writes to the default logger",
			"saga/a.go:4: time.Sleep: a sleep cannot be cancelled",
			"saga/a.go:5: log/slog.Info: the default logger belongs to the program",
			"saga/a.go:6: log/slog.Default: the default logger belongs to the program",
			"saga/a.go:7: fmt.Println: standard output belongs to the program",
			"saga/a.go:8: os.Exit: only the program ends itself",
			"saga/a.go:9: context.TODO: a context from nowhere",
		}},
		{"under another name", source{
			"saga/a.go": "package saga\nimport clock \"time\"\nvar wait = clock.Sleep\n",
		}, []string{"saga/a.go:3: time.Sleep: a sleep cannot be cancelled"}},
		{"a variable that is named like the package", source{
			"saga/a.go": "package saga\nimport \"time\"\nvar _ time.Time\nfunc f(time T) { time.Sleep() }\n",
		}, nil},
		{"a program may", source{"cmd/p/main.go": "package main\nimport \"fmt\"\nfunc main() { fmt.Println() }\n"}, nil},
	}
}

func contextExamples() []example {
	return []example{
		{"by name, embedded and by pointer", source{"a/a.go": `package a
import "context"
type a struct {
	ctx context.Context
}
type b struct {
	context.Context
}
func f() { _ = struct{ c *context.Context }{} }
`}, []string{
			"a/a.go:4: a struct holds a context",
			"a/a.go:7: a struct holds a context",
			"a/a.go:9: a struct holds a context",
		}},
		{"its cancel function may stay", source{
			"a/a.go": "package a\nimport \"context\"\ntype a struct { cancel context.CancelFunc; run func(context.Context) }\n",
		}, nil},
	}
}
