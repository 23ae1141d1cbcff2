package sample

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"innkeeper/adapters/lib/jsontext"
)

const (
	maxPattern  = 256    // bytes of a pattern: a few make a large program
	patternWork = 25_000 // to compile a small one
	programWork = 64     // for each of its program's instructions
)

// pattern is a regular expression, in Go's dialect, which lacks look-around and back references.
type pattern struct {
	re   *regexp.Regexp
	size int    // instructions of its program
	made string // a string that may match
}

// pattern reads a keyword pattern, nil if the schema has none that is understood.
func (m *maker) pattern(s jsontext.Value) *pattern {
	v := s.Get("pattern")
	if v.Kind() == jsontext.None || m.over() {
		return nil
	}
	text := m.text(v)
	if known, ok := m.patterns[text]; ok {
		return known
	}
	p := m.compile(text)
	if m.patterns == nil {
		m.patterns = map[string]*pattern{}
	}
	m.patterns[text] = p
	return p
}

// compile counts the instructions of a program, which a count in braces multiplies, before it is made.
func (m *maker) compile(text string) *pattern {
	if len(text) > maxPattern {
		m.fail("schema[pattern]: a pattern is longer than %d bytes", maxPattern)
		return nil
	}
	m.spend(patternWork)
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		m.fail("schema[pattern]: %.40q is no regular expression that is understood here", text)
		return nil
	}
	p := &pattern{size: instructions(tree)}
	if m.spend(programWork * p.size); m.over() {
		return nil
	}
	if p.re, err = regexp.Compile(text); err != nil {
		m.fail("schema[pattern]: %.40q is no regular expression that is understood here", text)
		return nil
	}
	var b strings.Builder
	write(&b, tree)
	p.made = b.String()
	return p
}

// instructions returns about how many instructions a program has.
func instructions(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	if re.Op == syntax.OpCharClass {
		size = 1
	}
	for _, sub := range re.Sub {
		size += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min+1, re.Max)
	}
	return size
}

// matches reports whether t matches. Each character may meet each instruction.
func (m *maker) matches(p *pattern, t string) bool {
	if m.spend(len(t) * p.size); m.over() {
		return false
	}
	return p.re.MatchString(t)
}

// write writes a string for a pattern. Anchors and word boundaries are not looked at, so the string must be matched.
func write(b *strings.Builder, re *syntax.Regexp) {
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpCharClass:
		b.WriteRune(pick(re.Rune))
	case syntax.OpAlternate:
		write(b, re.Sub[0])
		return
	case syntax.OpQuest, syntax.OpStar:
		return
	case syntax.OpRepeat:
		times = re.Min
	}
	for range times {
		for _, sub := range re.Sub {
			write(b, sub)
		}
	}
}

// pick returns a readable member of a character class, given as pairs of first and last.
func pick(ranges []rune) rune {
	for _, want := range "aA10x " {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	return ranges[0]
}
