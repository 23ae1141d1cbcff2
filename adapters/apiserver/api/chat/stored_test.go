package chat

import (
	"encoding/json"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

var storedSeeds = []string{
	`{"messages":[{"role":"user","content":"a"}],"store":true,"metadata":{"a":"b"},"tools":[],"user":null}`,
	`{"messages":[{"role":"user","content":[{"type":"text","text":"a\u0000\""},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"b"}]}]}`,
	`{"messages":[{"role":"assistant","content":null,"tool_calls":[],"refusal":"r","id":"x","content_parts":1},{"role":"tool","tool_call_id":"c","content":[]}]}`,
	`{"metadata":{"a":"b"}}`, `{"metadata":null}`, `{"metadata":1}`, `{}`,
}

// checkStored runs everything that is made of a request whose completion is stored, and wants JSON each time.
func checkStored(t *testing.T, body []byte) {
	t.Helper()
	var doc jsontext.Doc
	root, fault := openai.ParseBody(&doc, body)
	if fault != nil {
		return
	}
	metadata, fault := DecodeUpdate(root)
	if fault == nil && metadata.Set() && metadata.Kind() != jsontext.Object {
		t.Fatalf("%q: metadata %q", body, metadata.Raw())
	}
	r, fault := Decode(root)
	if fault != nil {
		return
	}
	if list := r.AppendStoredMessages(nil, "chatcmpl-1"); !json.Valid(list) {
		t.Fatalf("%q: messages %q", body, list)
	}
	a := Answer{ID: "chatcmpl-1", Model: "m", Text: body}
	stored := a.AppendStored(nil, openai.Done{FinishReason: "stop"}, r.AppendEcho(nil, "req_1"))
	if shown := AppendWithMetadata(nil, stored, []byte(`{"a":"b"}`)); !json.Valid(stored) || !json.Valid(shown) {
		t.Fatalf("%q: stored %q, shown %q", body, stored, shown)
	}
}

func TestWhatIsStoredOfARequestIsJSON(t *testing.T) {
	for _, seed := range storedSeeds {
		checkStored(t, []byte(seed))
	}
}

func FuzzStored(f *testing.F) {
	for _, seed := range storedSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkStored)
}
