package manifest

import (
	"fmt"
	"strings"
)

// maxPath is the longest route pattern, in bytes.
const maxPath = 256

// unambiguous complains if a request could match r and an earlier route while neither is the more specific one. Which
// of two such routes wins would be an accident, and one of them may be open and the other behind the key.
func (c *checker) unambiguous(r Route, earlier []Route, path []string) {
	for _, other := range earlier {
		if r.Method == other.Method && ValidPath(other.Path) && ambiguous(r.Path, other.Path) {
			c.that(false, fmt.Sprintf("overlaps with %s %s", other.Method, other.Path), path...)
			return
		}
	}
}

// ambiguous reports whether patterns a and b overlap although neither is more specific than the other.
func ambiguous(a, b string) bool {
	as, bs := segments(a), segments(b)
	aNarrower, bNarrower := false, false
	for i := 0; ; i++ {
		a, b := segmentAt(as, i), segmentAt(bs, i)
		switch {
		case a.kind == rest || b.kind == rest:
			aNarrower = aNarrower || a.kind != rest
			bNarrower = bNarrower || b.kind != rest
			return aNarrower == bNarrower
		case a.kind == end || b.kind == end:
			return a.kind == b.kind && aNarrower == bNarrower
		case a.kind == literal && b.kind == literal:
			if a.text != b.text {
				return false
			}
		default:
			aNarrower = aNarrower || a.kind == literal && b.kind == param
			bNarrower = bNarrower || b.kind == literal && a.kind == param
		}
	}
}

// segment is one part of a pattern between slashes.
type segment struct {
	kind segmentKind
	text string
}

type segmentKind int

const (
	literal segmentKind = iota
	param               // {name}
	rest                // {name...}, the last one
	end                 // past the last one
)

func segments(pattern string) []segment {
	var list []segment
	for part := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		kind := literal
		switch {
		case strings.HasSuffix(part, "...}"):
			kind = rest
		case strings.HasPrefix(part, "{"):
			kind = param
		}
		list = append(list, segment{kind, part})
	}
	return list
}

func segmentAt(list []segment, i int) segment {
	if i < len(list) {
		return list[i]
	}
	return segment{kind: end}
}

// ValidPath reports whether s is a path of literal and {name} segments, without empty ones and without dots that
// climb, so that the path means the same to everybody. A trailing {name...} takes one or more segments.
func ValidPath(s string) bool {
	if len(s) > maxPath || !strings.HasPrefix(s, "/") {
		return false
	}
	if s == "/" {
		return true
	}
	seen := map[string]bool{}
	list := segments(s)
	for i, part := range list {
		name := strings.TrimSuffix(strings.Trim(part.text, "{}"), "...")
		switch {
		case part.kind == literal && !validLiteral(part.text):
			return false
		case part.kind == rest && i != len(list)-1:
			return false
		case part.kind != literal && (!ValidSettingName(name) || seen[name] || part.text != braced(name, part.kind)):
			return false
		case part.kind != literal:
			seen[name] = true
		}
	}
	return true
}

func braced(name string, kind segmentKind) string {
	if kind == rest {
		return "{" + name + "...}"
	}
	return "{" + name + "}"
}

func validLiteral(s string) bool {
	return s != "." && s != ".." && consistsOf(s, maxPath, func(c byte) bool {
		return lower(c) || upper(c) || digit(c) || strings.IndexByte("._~-", c) >= 0
	})
}
