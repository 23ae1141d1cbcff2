package sample

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

const (
	maxText      = 64 << 10 // characters of a made string: a schema may ask for a gigabyte
	maxPattern   = 256      // bytes of a pattern: a few make a large program
	patternSteps = 400      // what compiling one costs
)

// formats are strings of the formats that are known; others say nothing.
//
// https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3
var formats = map[string]string{
	"date-time":     "2024-01-01T12:00:00Z",
	"date":          "2024-01-01",
	"time":          "12:00:00Z",
	"duration":      "P1D",
	"email":         "user@example.com",
	"hostname":      "host.example.com",
	"ipv4":          "192.0.2.1",
	"ipv6":          "2001:db8::1",
	"uuid":          "123e4567-e89b-42d3-a456-426614174000",
	"uri":           "https://example.com/",
	"uri-reference": "https://example.com/",
	"json-pointer":  "/path",
	"regex":         "a+",
}

// string makes a string of the format, which implies its pattern, or for the pattern and of the length that is asked for.
func (m *maker) string(all conjunction) (string, bool) {
	t := "text"
	for _, s := range all {
		if f, known := formats[text(s.Get("format"))]; known {
			return Quote(f), true
		}
		if p := s.Get("pattern"); p != nil {
			t = shortest(text(p))
		}
	}
	low, high := m.lengths(all, "minLength", "maxLength")
	if low > min(maxText, high) {
		return "", false
	}
	if n := utf8.RuneCountInString(t); n > high {
		t = string([]rune(t)[:high])
	} else if _, last := utf8.DecodeLastRuneInString(t); n < low {
		t += strings.Repeat(t[len(t)-last:], low-n)
	}
	n := utf8.RuneCountInString(t)
	return Quote(t), low <= n && n <= high && !slices.ContainsFunc(all, func(s *fastjson.Value) bool {
		p := s.Get("pattern")
		return p != nil && !m.matches(text(p), t)
	})
}

// matches reads a pattern in Go's dialect, which lacks look-around and back references.
func (m *maker) matches(pattern, t string) bool {
	if m.steps -= patternSteps; m.steps < 0 {
		return false
	}
	re, err := regexp.Compile(pattern[:min(len(pattern), maxPattern)])
	if err != nil || len(pattern) > maxPattern {
		m.fail("schema[pattern]: %.40q is too long, or no regular expression that is understood here", pattern)
		return false
	}
	return re.MatchString(t)
}

// lengths returns the tightest of two counting keywords.
func (m *maker) lengths(all conjunction, minKey, maxKey string) (low, high int) {
	const most = 1 << 40 // an absurd count becomes a large one
	high = most
	for _, s := range all {
		least, limit := m.float(s, minKey, 0), m.float(s, maxKey, most)
		if least < 0 || limit < 0 {
			m.fail("schema[%s, %s]: a count cannot be negative", minKey, maxKey)
		}
		low, high = max(low, int(min(least, most))), min(high, int(min(limit, most)))
	}
	return low, high
}
