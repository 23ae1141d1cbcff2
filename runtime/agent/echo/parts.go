package echo

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"
)

// contentText returns the text of a message's content, a string or an array of parts. Parts stand on lines of their
// own; those that are not text are named. The bytes may belong to the parser.
func contentText(content *fastjson.Value) ([]byte, *fault) {
	switch content.Type() {
	case fastjson.TypeString:
		return content.GetStringBytes(), nil
	case fastjson.TypeArray:
	default:
		return nil, &fault{".content", "must be a string or an array of parts"}
	}
	parts := content.GetArray()
	if len(parts) == 1 && text(parts[0].Get("type")) == "text" && isString(parts[0].Get("text")) {
		return parts[0].GetStringBytes("text"), nil // the usual case, without a copy
	}
	var out []byte
	for i, p := range parts {
		said, bad := partText(p)
		if bad != nil {
			return nil, &fault{fmt.Sprintf(".content[%d]%s", i, bad.field), bad.reason}
		}
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, said...)
	}
	return out, nil
}

// partText returns the text of a part, or its name in brackets.
func partText(p *fastjson.Value) (string, *fault) {
	kind := text(p.Get("type"))
	switch kind {
	case "text", "refusal":
		if v := p.Get(kind); isString(v) {
			return text(v), nil
		}
		return "", &fault{"." + kind, "must be a string"}
	case "image_url":
		if v := p.Get("image_url", "url"); isString(v) {
			return "[image: " + nameURL(text(v)) + "]", nil
		}
		return "", &fault{".image_url.url", "must be a string"}
	case "input_audio":
		if v := p.Get("input_audio", "data"); isString(v) {
			return fmt.Sprintf("[audio: %s, %d bytes]", text(p.Get("input_audio", "format")), decodedSize(text(v))), nil
		}
		return "", &fault{".input_audio.data", "must be a string"}
	case "file":
		return filePart(p.Get("file"))
	}
	return "", &fault{".type", "must be one of text, image_url, input_audio, file, refusal"}
}

func filePart(file *fastjson.Value) (string, *fault) {
	if file == nil || file.Type() != fastjson.TypeObject {
		return "", &fault{".file", "must be an object"}
	}
	name := text(file.Get("filename"))
	if id := text(file.Get("file_id")); id != "" {
		return "[file: " + id + "]", nil
	}
	data := file.Get("file_data")
	if !isString(data) {
		return "", &fault{".file", "must have a file_id or file_data"}
	}
	described := nameURL(text(data))
	if !strings.HasPrefix(text(data), "data:") {
		described = fmt.Sprintf("%d bytes", decodedSize(text(data)))
	}
	if name != "" {
		described = name + ", " + described
	}
	return "[file: " + described + "]", nil
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
	media, _, _ := strings.Cut(head, ";")
	size := len(data)
	if strings.HasSuffix(head, ";base64") {
		size = decodedSize(data)
	}
	if media == "" {
		media = "text/plain"
	}
	return fmt.Sprintf("%s, %d bytes", media, size)
}

// decodedSize returns the number of bytes that base64 text stands for.
func decodedSize(data string) int {
	return base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(data, "=")))
}
