package sample

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const maxText = 64 << 10 // characters of a made string: a schema may ask for a gigabyte

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
	for _, s := range all {
		if f, known := formats[m.text(s.Get("format"))]; known {
			return quote(f), true
		}
	}
	t := "text"
	var patterns []*pattern
	for _, s := range all {
		if p := m.pattern(s); p != nil {
			patterns, t = append(patterns, p), p.made
		}
	}
	low, high := m.lengths(all, "minLength", "maxLength")
	if low > min(maxText, high) {
		return "", false
	}
	t = fit(t, low, high)
	n := utf8.RuneCountInString(t)
	return quote(t), low <= n && n <= high && !slices.ContainsFunc(patterns, func(p *pattern) bool { return !m.matches(p, t) })
}

// fit cuts a text, or says its last character again, to be of a length between two numbers.
func fit(t string, low, high int) string {
	n := utf8.RuneCountInString(t)
	if n > high {
		return string([]rune(t)[:high])
	}
	if _, last := utf8.DecodeLastRuneInString(t); n < low {
		t += strings.Repeat(t[len(t)-last:], low-n)
	}
	return t
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
