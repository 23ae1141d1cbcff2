package chat

import (
	"encoding/json"
	"strings"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

const small = `{"model":"innkeeper","stream":true,"messages":[{"role":"system","content":"You are a helpful assistant."},` +
	`{"role":"user","content":"Say hello to the world, \"please\"."}],"temperature":0.7}`

func TestRewritingLeavesTheRestAsItWas(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"a","messages":[]}`:                                `{"messages":[]}`,
		`{ "x" : 1.50 , "store": true, "metadata":{}, "y":"\u0041"}`: `{"x":1.50,"y":"\u0041"}`,
		`{"store":true}`: `{}`,
	} {
		var doc jsontext.Doc
		if err := doc.Parse([]byte(body)); err != nil {
			t.Fatal(err)
		}
		r := Request{body: doc.Root()}
		if got := string(r.AppendTurn(nil, "a")); got != want {
			t.Errorf("%s became %s, want %s", body, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		small, `{}`, `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]}]}`,
		`{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
			`{"role":"tool","tool_call_id":"c","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]}`,
		`{"messages":[{"role":"user","content":"a"}],"stop":["a"],"n":1,"store":true,"metadata":{"a":"b"},"stream_options":{}}`,
		`{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"n"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var doc jsontext.Doc
		root, fault := openai.ParseBody(&doc, body)
		var r Request
		if fault == nil {
			r, fault = Decode(root)
		}
		if fault != nil {
			if fault.Status != 400 || fault.Message == "" || !json.Valid(openai.AppendError(nil, fault)) {
				t.Fatalf("%q: %+v", body, fault)
			}
			return
		}
		if turn := r.AppendTurn(nil, "alias"); !json.Valid(turn) {
			t.Fatalf("%q became %q", body, turn)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	large := strings.Replace(small, "Say hello", strings.Repeat("Say hello, and then some more. ", 3300), 1)
	for name, body := range map[string][]byte{"200B": []byte(small), "100KB": []byte(large)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var doc jsontext.Doc
			for b.Loop() {
				root, fault := openai.ParseBody(&doc, body)
				if fault != nil {
					b.Fatal(fault)
				}
				if _, fault = Decode(root); fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	a := Answer{ID: "chatcmpl-0123456789", Created: 1, Model: "innkeeper", Text: []byte("Hello, world! How are you today?")}
	done := openai.Done{FinishReason: "stop", Usage: openai.Usage{Input: 10, Output: 8, Total: 18}}
	chunks := NewChunks(&a, false)
	var out []byte
	b.Run("completion", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out = a.AppendCompletion(out[:0], done)
		}
	})
	b.Run("chunk", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out = chunks.Text(out[:0], a.Text[:6])
		}
	})
}
