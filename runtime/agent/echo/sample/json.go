package sample

import (
	"encoding/json"
	"strings"

	"github.com/valyala/fastjson"
)

func text(v *fastjson.Value) string { return string(v.GetStringBytes()) }

// size returns the number of members of an object.
func size(v *fastjson.Value) int {
	if o := v.GetObject(); o != nil {
		return o.Len()
	}
	return 0
}

// list reads a keyword whose value must be an array.
func (m *maker) list(s *fastjson.Value, keyword string) []*fastjson.Value {
	v := s.Get(keyword)
	if v != nil && v.Type() != fastjson.TypeArray {
		m.fail("schema[%s]: an array is needed, not %s", keyword, v.Type())
	}
	return v.GetArray()
}

// JSON writes v. fastjson's own writer is not used: it quotes as Go does, which is not always JSON.
func JSON(v *fastjson.Value) string {
	var parts []string
	switch v.Type() {
	case fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
			parts = append(parts, Quote(string(key))+": "+JSON(member))
		})
		return "{" + strings.Join(parts, ", ") + "}"
	case fastjson.TypeArray:
		for _, item := range v.GetArray() {
			parts = append(parts, JSON(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case fastjson.TypeString:
		return Quote(text(v))
	}
	return v.String()
}

// Quote writes s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func Quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // neither a string nor a Builder fails
	return strings.TrimSuffix(b.String(), "\n")
}
