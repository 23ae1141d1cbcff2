package responses

import (
	"encoding/json"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

var messageSeeds = []string{
	`{"type":"response.create","input":"hi"}`, `{"type":"response.create","generate":false}`, `{"type":"response.processed","response_id":"resp_1"}`,
	`{"type":"response.create","stream_id":"a.B-c_9","input":[],"generate":false,"store":false,"stream":true,"stream_options":{}}`,
	`{"type":"response.create","stream_id":"","input":"x"}`, `{"type":"response.create","stream_id":7,"input":"x"}`, `{"type":"response.steer"}`,
	`{"type":"response.create","background":true,"input":"x"}`, `{"type":"response.create","background":false,"generate":null,"input":"x"}`,
	`{"type":"response.create","stream_id":"a\"b","input":"x"}`, `{"type":1}`, `{}`, `[]`, `{`, `null`,
	`{"type":"response.create","generate":"no"}`, `{"type":"response.create","input":"x","previous_response_id":"a","conversation":"b"}`,
}

// checkMessage runs everything that is made of a client's message. What goes back is one JSON object in any case.
func checkMessage(t *testing.T, text []byte) {
	t.Helper()
	var doc jsontext.Doc
	message, fault := ParseMessage(&doc, text)
	id := ""
	if fault == nil {
		id, fault = StreamID(message)
	}
	kind := ""
	if fault == nil {
		kind, fault = MessageType(message)
	}
	var r Request
	warmup := false
	if fault == nil && kind == MessageCreate {
		r, warmup, fault = DecodeCreate(message)
	}
	if fault != nil {
		if fault.Status != 400 || fault.Message == "" || !json.Valid(AppendErrorEvent(nil, fault, id)) {
			t.Fatalf("%q: %+v", text, fault)
		}
		return
	}
	if kind == MessageCreate && !warmup && !r.input.Set() {
		t.Fatalf("%q: no input", text)
	}
	events := Events{Frame: func([]byte) {}}
	a := NewAnswer("resp_000000000000000000000000000000000000000000000000", 1, r.AppendEcho(nil, "m"), &events)
	a.Skip(2)
	data := AppendMessage(nil, a.AppendJSON(nil), id)
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%q: %v in %s", text, err, data)
	}
	if got, _ := v["stream_id"].(string); got != id || v["status"] != "completed" {
		t.Fatalf("%q: %s", text, data)
	}
}

func TestMessages(t *testing.T) {
	for _, seed := range messageSeeds {
		checkMessage(t, []byte(seed))
	}
}

func FuzzMessage(f *testing.F) {
	for _, seed := range messageSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkMessage)
}

func TestAnErrorEventSaysWhenToComeBack(t *testing.T) {
	got := string(AppendErrorEvent(nil, openai.Unavailable("m", 1500e6), "s"))
	want := `{"type":"error","status":503,"headers":{"retry-after":"2"},` +
		`"error":{"message":"m","type":"service_unavailable","param":null,"code":"unavailable"},"stream_id":"s"}`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
