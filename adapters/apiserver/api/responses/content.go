package responses

import (
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// appendContent appends a string or a list of parts as the content of a chat message. A single part of text becomes a
// string, which every upstream understands.
func appendContent(dst []byte, v jsontext.Value, param, role string) ([]byte, *openai.Error) {
	switch v.Kind() {
	case jsontext.String:
		return append(dst, v.Raw()...), nil
	case jsontext.Array:
	default:
		return dst, openai.WrongType(param, "a string or an array", v.Kind())
	}
	if text, ok := singleText(v); ok {
		return append(dst, text.Raw()...), nil
	}
	dst = append(dst, '[')
	for it := v.Items(); it.Next(); {
		if it.Index > 0 {
			dst = append(dst, ',')
		}
		var err *openai.Error
		if dst, err = appendPart(dst, it.Value, role); err != nil {
			return dst, err.Within(openai.At(param, it.Index))
		}
	}
	return append(dst, ']'), nil
}

// singleText is the text of a list that is one part of text.
func singleText(parts jsontext.Value) (jsontext.Value, bool) {
	it := parts.Items()
	if !it.Next() {
		return jsontext.Value{}, false
	}
	part := it.Value
	text := part.Get("text")
	return text, !it.Next() && isText(part.Get("type")) && text.Kind() == jsontext.String
}

func isText(kind jsontext.Value) bool {
	return kind.Is("input_text") || kind.Is("output_text") || kind.Is("text")
}

func appendPart(dst []byte, part jsontext.Value, role string) ([]byte, *openai.Error) {
	if part.Kind() != jsontext.Object {
		return dst, openai.WrongType("", "an object", part.Kind())
	}
	kind := part.Get("type")
	if err := want(kind, ".type", jsontext.String); err != nil {
		return dst, err
	}
	switch {
	case isText(kind):
		return appendText(dst, part, "text")
	case kind.Is("refusal") && role == "assistant":
		return appendText(dst, part, "refusal")
	case role == "assistant":
	case kind.Is("input_image"):
		return appendImage(dst, part)
	case kind.Is("input_file"):
		return appendFile(dst, part)
	case kind.Is("input_audio"):
		if err := want(part.Get("input_audio"), ".input_audio", jsontext.Object); err != nil {
			return dst, err
		}
		return append(dst, part.Raw()...), nil
	}
	return dst, openai.Unsupported(".type", "Content of the type '"+kind.Text()+"' is not supported here.")
}

// appendText appends a part that holds a string under the name of its type.
func appendText(dst []byte, part jsontext.Value, name string) ([]byte, *openai.Error) {
	text := part.Get(name)
	if err := want(text, "."+name, jsontext.String); err != nil {
		return dst, err
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, name...)
	dst = append(dst, `","`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	dst = append(dst, text.Raw()...)
	return append(dst, '}'), nil
}

func appendImage(dst []byte, part jsontext.Value) ([]byte, *openai.Error) {
	if part.Get("file_id").Set() {
		return dst, openai.Unsupported(".file_id", "Stored files are not supported: send the image as 'image_url', which may be a data URL.")
	}
	url := part.Get("image_url")
	if err := want(url, ".image_url", jsontext.String); err != nil {
		return dst, err
	}
	dst = append(dst, `{"type":"image_url","image_url":{"url":`...)
	dst = append(dst, url.Raw()...)
	dst = appendMember(dst, "detail", part.Get("detail"))
	return append(dst, "}}"...), nil
}

func appendFile(dst []byte, part jsontext.Value) ([]byte, *openai.Error) {
	for _, name := range []string{"file_id", "file_url"} {
		if part.Get(name).Set() {
			return dst, openai.Unsupported("."+name, "Stored and linked files are not supported: send the file as '.file_data'.")
		}
	}
	data := part.Get("file_data")
	if err := want(data, ".file_data", jsontext.String); err != nil {
		return dst, err
	}
	dst = append(dst, `{"type":"file","file":{"file_data":`...)
	dst = append(dst, data.Raw()...)
	dst = appendMember(dst, "filename", part.Get("filename"))
	return append(dst, "}}"...), nil
}
