package openaiagent

import (
	"bytes"
	"io"
	"time"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/jsonbound"
)

// readError understands OpenAI's error object and the simpler bodies of others: a string under error, a message or a
// detail. Anything else, such as a proxy's HTML page, says nothing. Of a body only the start is read, and that within a time: an
// upstream that does not end it loses the connection.
func readError(body io.ReadCloser, within time.Duration) upstreamError {
	late := time.AfterFunc(within, func() { _ = body.Close() })
	text, err := io.ReadAll(io.LimitReader(body, errorBytes))
	late.Stop()
	_ = body.Close()
	if err != nil {
		return upstreamError{}
	}
	var doc jsontext.Doc
	values, err := measure(text)
	if err != nil || parse(&doc, text, values) != nil {
		return upstreamError{}
	}
	root := doc.Root()
	if root.Kind() == jsontext.Array { // Google's compatible API
		items := root.Items()
		items.Next()
		root = items.Value
	}
	return errorFrom(root)
}

// measure counts the values of a text of the upstream's that is within all bounds.
func measure(text []byte) (values int, err error) {
	return jsonbound.Measure(text, jsonbound.Bounds{Depth: maxDepth, Values: eventValues})
}

// parse parses a text that was measured. Bytes that are no UTF-8, as where an upstream cuts its tokens within a character, do not
// make an answer worthless.
func parse(doc *jsontext.Doc, text []byte, values int) error {
	doc.Reserve(values)
	err := doc.Parse(text)
	if err != nil {
		err = doc.Parse(bytes.ToValidUTF8(text, []byte("\uFFFD")))
	}
	return err
}

// upstreamError is what an error body says.
type upstreamError struct {
	message, kind, code, param string
	object                     bool // whether it was an error object as OpenAI has it
}

func errorFrom(root jsontext.Value) upstreamError {
	e := root.Get("error")
	if e.Kind() != jsontext.Object {
		for _, words := range []jsontext.Value{e, root.Get("message"), root.Get("detail")} {
			if words.Kind() == jsontext.String && !words.Empty() {
				return upstreamError{message: words.Text()}
			}
		}
		return upstreamError{}
	}
	return upstreamError{
		message: e.Get("message").Text(),
		kind:    e.Get("type").Text(),
		code:    scalar(e.Get("code")),
		param:   e.Get("param").Text(),
		object:  true,
	}
}

// scalar returns a string or a number as text.
func scalar(v jsontext.Value) string {
	if v.Kind() == jsontext.Number {
		return string(v.Raw())
	}
	return v.Text()
}
