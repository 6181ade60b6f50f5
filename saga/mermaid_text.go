package saga

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// chart is a flowchart that is being written: nodes in the order in which they were given, then edges, then styles.
type chart struct {
	nodes, edges, styles strings.Builder
}

func newChart() *chart { return &chart{} }

// shape is how a node is drawn.
type shape uint8

const (
	box shape = iota
	round
	slanted
	hexagon
	bar // with a double line on each side
)

// brackets are what stands before and behind the text of a node.
func (s shape) brackets() (before, behind string) {
	switch s {
	case round:
		return `(["`, `"])`
	case slanted:
		return `[/"`, `"/]`
	case hexagon:
		return `{{"`, `"}}`
	case bar:
		return `[["`, `"]]`
	case box:
	}
	return `["`, `"]`
}

// The lines of edges.
const (
	plain  = "-->"
	dotted = "-.->"
	thick  = "==>"
)

// node adds a node. Its lines are text that is escaped already.
func (c *chart) node(id string, s shape, class string, lines ...string) {
	if class != "" {
		class = ":::" + class
	}
	before, behind := s.brackets()
	fmt.Fprintf(&c.nodes, "  %s%s%s%s%s\n", id, before, strings.Join(lines, "<br/>"), behind, class)
}

// edge adds an edge. Its label is text that is escaped already.
func (c *chart) edge(from, line, label, to string) {
	if label != "" {
		line += `|"` + label + `"|`
	}
	fmt.Fprintf(&c.edges, "  %s %s %s\n", from, line, to)
}

func (c *chart) style(class, fill, stroke string) {
	fmt.Fprintf(&c.styles, "  classDef %s fill:%s,stroke:%s,color:#000\n", class, fill, stroke)
}

func (c *chart) String() string {
	return "flowchart TD\n" + c.nodes.String() + c.edges.String() + c.styles.String()
}

// longestText is how many characters of a name or an error are shown.
const longestText = 100

// text escapes what somebody else has written, so that it is text to Mermaid whatever it holds: all but letters, digits
// and some punctuation becomes an entity, and everything that is no graphic character a replacement.
func text(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == longestText {
			b.WriteString("…")
			break
		}
		n++
		switch {
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)), strings.ContainsRune(" _.,!?'()/+=-", r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsGraphic(r) || r == utf8.RuneError:
			fmt.Fprintf(&b, "#%d;", utf8.RuneError)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
