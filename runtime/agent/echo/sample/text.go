package sample

import (
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// appendText writes v as JSON with a space after commas and colons, so that it can be read and streamed word by word.
// fastjson's own writer is not used: it quotes as Go does, which is not always JSON.
func appendText(dst []byte, v *fastjson.Value) []byte {
	switch v.Type() {
	case fastjson.TypeObject:
		dst = append(dst, '{')
		first := true
		v.GetObject().Visit(func(key []byte, value *fastjson.Value) {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			dst = AppendString(dst, string(key))
			dst = append(dst, ": "...)
			dst = appendText(dst, value)
		})
		return append(dst, '}')
	case fastjson.TypeArray:
		dst = append(dst, '[')
		for i, item := range v.GetArray() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendText(dst, item)
		}
		return append(dst, ']')
	case fastjson.TypeString:
		return AppendString(dst, string(v.GetStringBytes()))
	}
	return v.MarshalTo(dst)
}

// AppendString writes s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
//
// https://datatracker.ietf.org/doc/html/rfc8259#section-7
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < 0x20:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
