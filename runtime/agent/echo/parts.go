package echo

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	"innkeeper/adapters/lib/jsontext"
)

// fault says what is wrong with which field of a message, so that the path is only put together when it is needed.
type fault struct{ field, reason string }

// contentText returns the text of a message's content: a string, an array of parts, or nothing. Parts stand on lines of
// their own. The bytes may be those of the request.
func contentText(content jsontext.Value) ([]byte, *fault) {
	switch content.Kind() {
	case jsontext.None, jsontext.String, jsontext.Null:
		return content.Inside(), nil
	case jsontext.Array:
	default:
		return nil, &fault{".content", "must be a string or an array of parts"}
	}
	var out []byte
	for part := content.Items(); part.Next(); {
		kind := part.Value.Get("type").Text()
		if kind == "" {
			return nil, &fault{fmt.Sprintf(".content[%d].type", part.Index), "is required"}
		}
		if part.Index > 0 {
			out = append(out, '\n')
		}
		out = appendPart(out, kind, part.Value)
	}
	return out, nil
}

// appendPart writes the text of a part, or what it is in brackets.
func appendPart(out []byte, kind string, part jsontext.Value) []byte {
	switch kind {
	case "text", "refusal":
		return part.Get(kind).AppendText(out)
	case "image_url":
		return append(append(append(out, "[image: "...), nameURL(get(part, kind, "url").Text())...), ']')
	}
	return append(append(append(out, '['), kind...), ']')
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
