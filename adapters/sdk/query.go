package sdk

import "strings"

// QueryValue is the first value of a name in the query, percent-decoded, "+" being a space. ok is false if it is not there or not
// well-formed. Adapters that need more have net/url. https://url.spec.whatwg.org/#urlencoded-parsing
func (r *Request) QueryValue(name string) (value string, ok bool) {
	for rest := r.Query; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		key, encoded, _ := strings.Cut(pair, "=")
		if key, ok := unescape(key); !ok || key != name {
			continue
		}
		return unescape(encoded)
	}
	return "", false
}

func unescape(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, low := unhex(s[i+1]), unhex(s[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			out = append(out, byte(high<<4|low))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out), true
}

// unhex is the value of a hex digit, -1 if it is none.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
