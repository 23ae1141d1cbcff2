package jsontext_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"innkeeper/adapters/lib/jsontext"
)

// Every byte at every place of a word, next to every byte that borrows from it or carries into it.
func TestEachByteAtEachPlace(t *testing.T) {
	neighbours := []byte{'"', 0, ' ', '#', 0x80}
	var doc jsontext.Doc
	for c := range 256 {
		for at := range 9 {
			for _, next := range neighbours {
				text := bytes.Repeat([]byte{'a'}, 17)
				text[at], text[at+1] = byte(c), next
				quoted := append(append([]byte{'"'}, text...), '"')
				if err := doc.Parse(quoted); (err == nil) != (json.Valid(quoted) && bytes.Equal(text, bytes.ToValidUTF8(text, nil))) {
					t.Fatalf("%q: %v", quoted, err)
				}
				escaped := jsontext.AppendString(nil, text)
				if err := doc.Parse(escaped); err != nil || doc.Root().Text() != validText(text) {
					t.Fatalf("%q was written as %q: %v", text, escaped, err)
				}
			}
		}
	}
}

// validText is what becomes of a text: each byte that is not UTF-8 is U+FFFD.
func validText(text []byte) string { return string([]rune(string(text))) }
