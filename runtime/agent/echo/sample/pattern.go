package sample

import (
	"regexp/syntax"
	"strings"
)

// shortest writes a string for a pattern. Anchors and word boundaries are not looked at, so the string must be matched.
func shortest(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || len(pattern) > maxPattern {
		return ""
	}
	var b strings.Builder
	write(&b, re)
	return b.String()
}

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
