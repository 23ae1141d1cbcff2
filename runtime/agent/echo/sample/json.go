package sample

import "innkeeper/adapters/lib/jsontext"

// exists reports whether a schema has the keyword.
func exists(s jsontext.Value, keyword string) bool { return s.Get(keyword).Kind() != jsontext.None }

// text reads a string.
func (m *maker) text(v jsontext.Value) string {
	m.spend(len(v.Raw()))
	if m.work < 0 {
		return ""
	}
	return v.Text()
}

// list reads a keyword whose value must be an array.
func (m *maker) list(s jsontext.Value, keyword string) jsontext.Value {
	v := s.Get(keyword)
	if kind := v.Kind(); kind != jsontext.None && kind != jsontext.Array {
		m.fail("schema[%s]: an array is needed, not %s", keyword, kind)
	}
	return v
}

// appendJSON writes v with a space after each comma and colon.
func appendJSON(dst []byte, v jsontext.Value) []byte {
	switch v.Kind() {
	case jsontext.Object:
		dst = append(dst, '{')
		for first, m := true, v.Members(); m.Next(); first = false {
			dst = appendComma(dst, first)
			dst = jsontext.AppendString(dst, m.Name())
			dst = appendJSON(append(dst, ": "...), m.Value)
		}
		return append(dst, '}')
	case jsontext.Array:
		dst = append(dst, '[')
		for items := v.Items(); items.Next(); {
			dst = appendJSON(appendComma(dst, items.Index == 0), items.Value)
		}
		return append(dst, ']')
	case jsontext.String:
		return jsontext.AppendString(dst, v.Inside())
	}
	return append(dst, v.Raw()...)
}

func appendComma(dst []byte, first bool) []byte {
	if first {
		return dst
	}
	return append(dst, ", "...)
}

// quote writes s as a JSON string.
func quote(s string) string { return string(jsontext.AppendString(nil, s)) }
