package sample

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// maxText bounds a made string, in characters: a schema may ask for a gigabyte.
const maxText = 64 << 10

// defaultText is a free string before it is fitted to a length.
const defaultText = "text"

func (m *maker) text(alt conjunction, variant int) *fastjson.Value {
	low, high := alt.lengths("minLength", "maxLength")
	if low > maxText || low > high {
		return nil
	}
	for _, s := range alt {
		if f := string(s.GetStringBytes("format")); f != "" {
			if t := formatted(f, variant); t != "" {
				return m.arena.NewString(t)
			}
		}
	}
	for _, s := range alt {
		if p := s.Get("pattern"); p != nil {
			return m.matching(p, low, high, variant)
		}
	}
	return m.arena.NewString(fitted(variant, low, high))
}

// lengths returns the tightest of two counting keywords.
func (alt conjunction) lengths(minKey, maxKey string) (low, high int) {
	high = int(^uint(0) >> 1)
	for _, s := range alt {
		if v := s.Get(minKey); v != nil {
			low = max(low, count(v))
		}
		if v := s.Get(maxKey); v != nil {
			high = min(high, count(v))
		}
	}
	return low, high
}

// count reads a length, which JSON may also write as 3.0; an absurd one becomes a large one.
func count(v *fastjson.Value) int {
	f := v.GetFloat64()
	return int(max(0, min(f, 1<<40)))
}

func fitted(variant, low, high int) string {
	t := defaultText
	if variant > 0 {
		t = strconv.Itoa(variant) // the part that tells variants apart must survive the cut
	}
	if n := low - len(t); n > 0 {
		t += strings.Repeat("x", n)
	}
	if len(t) > high {
		t = t[:high]
	}
	return t
}

// formatted returns a string of a format, or nothing for a format that is not known and therefore says nothing.
//
// https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3
func formatted(format string, variant int) string {
	switch format {
	case "date-time":
		return fmt.Sprintf("2024-01-%02dT12:00:00Z", variant%28+1)
	case "date":
		return fmt.Sprintf("2024-01-%02d", variant%28+1)
	case "time":
		return fmt.Sprintf("12:00:%02dZ", variant%60)
	case "duration":
		return fmt.Sprintf("P%dD", variant+1)
	case "email", "idn-email":
		return fmt.Sprintf("user%d@example.com", variant+1)
	case "hostname", "idn-hostname":
		return fmt.Sprintf("host%d.example.com", variant+1)
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", variant%254+1)
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", variant%0xffff+1)
	case "uuid":
		return fmt.Sprintf("123e4567-e89b-42d3-a456-%012x", variant+1)
	case "uri", "uri-reference", "iri", "iri-reference":
		return fmt.Sprintf("https://example.com/%d", variant+1)
	case "json-pointer":
		return fmt.Sprintf("/%d", variant)
	case "regex":
		return fmt.Sprintf("a{%d}", variant+1)
	}
	return ""
}

// matching makes a string for a pattern: the shortest first, then with ever more repetition until it is long enough.
func (m *maker) matching(pattern *fastjson.Value, low, high, variant int) *fastjson.Value {
	re := m.compile(pattern)
	if re == nil {
		return nil
	}
	for extra := variant; extra <= variant+min(low, 1024); extra++ {
		t, ok := shortest(string(pattern.GetStringBytes()), extra)
		m.left -= 1 + len(t)/64
		if !ok || m.spent() {
			return nil
		}
		if n := low - utf8.RuneCountInString(t); n > 0 && re.MatchString(t+strings.Repeat("x", n)) {
			t += strings.Repeat("x", n)
		}
		if n := utf8.RuneCountInString(t); n >= low && n <= high && re.MatchString(t) {
			return m.arena.NewString(t)
		}
	}
	return nil
}
