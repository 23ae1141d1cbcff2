package echo

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"
)

// fault says what is wrong with which field of a message, so that the path is only put together when it is needed.
type fault struct{ field, reason string }

// contentText returns the text of a message's content: a string, an array of parts, or nothing. Parts stand on lines of
// their own. The bytes may belong to the parser.
func contentText(content *fastjson.Value) ([]byte, *fault) {
	if content == nil {
		return nil, nil
	}
	switch content.Type() {
	case fastjson.TypeString, fastjson.TypeNull:
		return content.GetStringBytes(), nil
	case fastjson.TypeArray:
	default:
		return nil, &fault{".content", "must be a string or an array of parts"}
	}
	parts := content.GetArray()
	if len(parts) == 1 && text(parts[0].Get("type")) == "text" {
		return parts[0].GetStringBytes("text"), nil // the usual case, without a copy
	}
	var out []byte
	for i, p := range parts {
		kind := text(p.Get("type"))
		if kind == "" {
			return nil, &fault{fmt.Sprintf(".content[%d].type", i), "is required"}
		}
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, partText(kind, p)...)
	}
	return out, nil
}

// partText returns the text of a part, or what it is in brackets.
func partText(kind string, p *fastjson.Value) string {
	switch kind {
	case "text", "refusal":
		return text(p.Get(kind))
	case "image_url":
		return "[image: " + nameURL(text(p.Get(kind, "url"))) + "]"
	}
	return "[" + kind + "]"
}

// nameURL returns a link as it is, and the media type and size of a data URL.
//
// https://datatracker.ietf.org/doc/html/rfc2397
func nameURL(link string) string {
	rest, isData := strings.CutPrefix(link, "data:")
	if !isData {
		return link
	}
	head, data, _ := strings.Cut(rest, ",")
	media, encoding, _ := strings.Cut(head, ";")
	size := len(data)
	if strings.HasSuffix(encoding, "base64") {
		size = base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(data, "=")))
	}
	return fmt.Sprintf("%s, %d bytes", cmp.Or(media, "text/plain"), size)
}
