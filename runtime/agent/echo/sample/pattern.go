package sample

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// shortest writes a string that matches pattern, with extra repetitions wherever it allows any number of them. Word
// boundaries and the like are not looked at, so the result must be matched.
func shortest(pattern string, extra int) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	ok := write(&b, re, extra)
	return b.String(), ok
}

func write(b *strings.Builder, re *syntax.Regexp, extra int) bool {
	if b.Len() > maxText {
		return false
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			b.WriteRune(r)
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpCharClass:
		b.WriteRune(pick(re.Rune))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			if !write(b, sub, extra) {
				return false
			}
		}
	case syntax.OpAlternate:
		return write(b, re.Sub[0], extra)
	case syntax.OpQuest:
		return repeat(b, re.Sub[0], min(extra, 1), extra)
	case syntax.OpStar:
		return repeat(b, re.Sub[0], extra, extra)
	case syntax.OpPlus:
		return repeat(b, re.Sub[0], 1+extra, extra)
	case syntax.OpRepeat:
		n := re.Min + extra
		if re.Max >= 0 {
			n = min(n, re.Max)
		}
		return repeat(b, re.Sub[0], n, extra)
	}
	return true // anchors and boundaries take no room
}

func repeat(b *strings.Builder, re *syntax.Regexp, n, extra int) bool {
	for range n {
		if !write(b, re, extra) {
			return false
		}
	}
	return true
}

// pick returns a readable member of a character class, given as pairs of first and last.
func pick(ranges []rune) rune {
	for _, want := range []rune{'a', 'A', '1', '0', 'x', ' '} {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if unicode.IsPrint(ranges[i]) {
			return ranges[i]
		}
	}
	if len(ranges) == 0 {
		return 'x'
	}
	return ranges[0]
}
