package responses

import (
	"encoding/json"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

var seeds = []string{
	`{"input":"hi"}`, `{"input":[]}`, `{"input":[{"role":"user","content":"a"}],"instructions":"b","store":false}`,
	`{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}]}`,
	`{"input":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"r"}]}]}`,
	`{"input":[{"role":"user","content":[{"type":"input_image","image_url":"u"},{"type":"input_file","file_data":"d"},{"type":"input_audio","input_audio":{}}]}]}`,
	`{"input":"x","tools":[{"type":"function","name":"f","parameters":{}},{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}}`,
	`{"input":"x","text":{"format":{"type":"json_schema","name":"n","schema":{},"strict":true},"verbosity":"low"},"reasoning":{"effort":"low"}}`,
	`{"input":[{"type":"item_reference","id":"msg_1"},{"type":"reasoning","summary":[]},{"id":null,"role":"user","content":"x","status":null}]}`,
	`{"input":"x","background":true,"tools":[{"type":"custom","name":"p","format":{"type":"grammar","syntax":"regex","definition":"a\"b"}}],"tool_choice":{"type":"custom","name":"p"}}`,
	`{"input":[{"type":"custom_tool_call","call_id":"c","name":"p","input":"x"},{"type":"custom_tool_call_output","call_id":"c","output":"y"},{"type":"compaction","encrypted_content":"ik1.AAAAAA"}]}`,
	`{"input":"x","conversation":{"id":"c"},"metadata":{"a":"b"},"include":["x"],"user":"u","truncation":"auto"}`,
}

// checkDecode runs everything that is made of a request and wants JSON each time.
func checkDecode(t *testing.T, body []byte) {
	t.Helper()
	var doc jsontext.Doc
	root, fault := openai.ParseBody(&doc, body)
	var r Request
	if fault == nil {
		r, fault = Decode(root)
	}
	var messages []byte
	if fault == nil {
		messages, fault = r.AppendMessages(nil, nil)
	}
	if fault != nil {
		if fault.Status/100 != 4 || fault.Message == "" || !json.Valid(openai.AppendError(nil, fault)) {
			t.Fatalf("%q: %+v", body, fault)
		}
		return
	}
	const id = "resp_000000000000000000000000000000000000000000000000"
	wantJSON := func(what string, text []byte) {
		t.Helper()
		if !json.Valid(text) {
			t.Fatalf("%q: %s is %q", body, what, text)
		}
	}
	wantJSON("turn", r.AppendTurn(nil, "m", messages))
	wantJSON("input items", r.AppendInputItems(nil, id))
	events := Events{Frame: func([]byte) {}}
	a := NewAnswer(id, 1, r.AppendEcho(nil, "m"), &events)
	a.Custom, a.Summarize = r.CustomTools(), r.Summarize()
	wantJSON("new response", a.AppendJSON(nil))
	a.Text(body)
	a.ToolCall(0, []byte("c"), body, body, nil)
	a.Finish(openai.Done{FinishReason: "stop"}, 2)
	wantJSON("response", a.AppendJSON(nil))
	wantJSON("context", append(append([]byte{'['}, a.AppendMessages(messages)...), ']'))
}

func TestWhatIsMadeOfARequestIsJSON(t *testing.T) {
	for _, seed := range seeds {
		checkDecode(t, []byte(seed))
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkDecode)
}

func TestAllowedToolsAreTheOnlyOnesOffered(t *testing.T) {
	var doc jsontext.Doc
	root, _ := openai.ParseBody(&doc, []byte(`{"input":"x","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],
		"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}}`))
	r, fault := Decode(root)
	if fault != nil {
		t.Fatal(fault)
	}
	want := `{"stream":true,"messages":[],"tools":[{"type":"function","function":{"name":"g"}}],"tool_choice":"required"}`
	if got := string(r.AppendTurn(nil, "", nil)); got != want {
		t.Errorf("got %s", got)
	}
}

func TestAfterTheEndNothingCounts(t *testing.T) {
	frames := 0
	events := Events{Frame: func([]byte) { frames++ }}
	a := NewAnswer("resp_1", 1, []byte(`"model":"m"`), &events)
	a.Text([]byte("a"))
	a.Interrupt(ReasonClientGone)
	before, json := frames, string(a.AppendJSON(nil))
	a.Text([]byte("b"))
	a.ToolCall(0, nil, nil, nil, nil)
	a.Finish(openai.Done{}, 2)
	a.Fail(openai.Internal("x"))
	if frames != before || string(a.AppendJSON(nil)) != json || a.Status() != Incomplete {
		t.Fatal("an answer that has ended went on")
	}
}

func BenchmarkStream(b *testing.B) {
	b.ReportAllocs()
	events := Events{Frame: func([]byte) {}}
	echo := []byte(`"model":"m"`)
	word := []byte("word ")
	for b.Loop() {
		a := NewAnswer("resp_000000000000000000000000000000000000000000000000", 1, echo, &events)
		for range 10 {
			a.Text(word)
		}
		a.Finish(openai.Done{FinishReason: "stop"}, 2)
	}
}
