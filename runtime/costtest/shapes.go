package costtest

import (
	"fmt"
	"strings"
)

// Shape is a way to build a text of about a size.
type Shape struct {
	Name string
	Make func(size int) string
}

// JSON returns the worst shapes of JSON values: those of which a parser, or who walks what it made, has the most to do.
func JSON() []Shape {
	return []Shape{
		{"empty arrays", list("[]")},
		{"empty objects", list("{}")},
		{"small numbers", list("0")},
		{"words", list("true")},
		{"empty strings", list(`""`)},
		{"nested arrays", list(strings.Repeat("[", 200) + strings.Repeat("]", 200))},
		{"nested objects", list(strings.Repeat(`{"":`, 200) + "0" + strings.Repeat("}", 200))},
		{"one string", func(size int) string { return `"` + strings.Repeat("a", size) + `"` }},
		{"one string of spaces", func(size int) string { return `"a` + strings.Repeat(" ", size) + `b"` }},
		{"one string of words", func(size int) string { return `"` + strings.Repeat("a ", size/2) + `"` }},
		{"one string of escapes", func(size int) string { return `"` + strings.Repeat(`\u0061`, size/6) + `"` }},
		{"one string of quotes", func(size int) string { return `"` + strings.Repeat(`\"`, size/2) + `"` }},
		{"one string of wide characters", func(size int) string { return `"` + strings.Repeat("長", size/3) + `"` }},
		{"one number", func(size int) string { return "1" + strings.Repeat("0", size) }},
		{"one fraction", func(size int) string { return "0." + strings.Repeat("1", size) }},
		{"one key", func(size int) string { return `{"` + strings.Repeat("a", size) + `":0}` }},
		{"one key of escapes", func(size int) string { return `{"` + strings.Repeat(`\u0061`, size/6) + `":0}` }},
		{"equal keys", func(size int) string { return `{` + repeat(`"a":0,`, size) + `"a":0}` }},
		{"different keys", members("0")},
		{"members of objects", members(`{"a":{}}`)},
		{"white space", func(size int) string { return "[" + strings.Repeat(" ", size) + "0" + strings.Repeat("\n", 10) + "]" }},
	}
}

// Broken returns texts that are no JSON, each of which asks for much before that shows.
func Broken() []Shape {
	return []Shape{
		{"brackets", func(size int) string { return strings.Repeat("[", size) }},
		{"braces", func(size int) string { return strings.Repeat(`{"":`, size/4) }},
		{"open string", func(size int) string { return `{"a":"` + strings.Repeat("a", size) }},
		{"open list", func(size int) string { return "[" + repeat("[],", size) }},
		{"backslashes", func(size int) string { return `"` + strings.Repeat(`\`, size) }},
	}
}

func list(item string) func(int) string {
	return func(size int) string { return "[" + repeat(item+",", size) + item + "]" }
}

func members(value string) func(int) string {
	return func(size int) string {
		var b strings.Builder
		b.WriteByte('{')
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, `"%d":%s,`, i, value)
		}
		return b.String() + `"a":0}`
	}
}

func repeat(piece string, size int) string { return strings.Repeat(piece, max(size/len(piece), 1)) }

// Within puts what a shape makes between two texts.
func Within(before string, shape Shape, after string) func(size int) []byte {
	return func(size int) []byte { return []byte(before + shape.Make(size) + after) }
}
