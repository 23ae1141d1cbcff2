package jsontext

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/valyala/fastjson"
)

// bodies are chat requests of the sizes that clients send: a question, a coding tool's turn, a long paste.
func bodies() map[string][]byte {
	small := `{"model":"innkeeper","stream":true,"messages":[{"role":"system","content":"You are a helpful assistant."},` +
		`{"role":"user","content":"Say hello to the world, \"please\"."}],"temperature":0.7}`
	var large strings.Builder
	large.WriteString(`{"model":"innkeeper","messages":[`)
	for i := range 200 {
		fmt.Fprintf(&large, `{"role":"user","content":"%s\n"},`, strings.Repeat("some words of text, ", 24))
		_ = i
	}
	large.WriteString(`{"role":"user","content":"end"}]}`)
	return map[string][]byte{"200B": []byte(small), "100KB": []byte(large.String())}
}

// BenchmarkDecode compares decoders on what a request needs of one: check the whole text, find the model.
func BenchmarkDecode(b *testing.B) {
	for name, body := range bodies() {
		b.Run("jsontext/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var d Doc
			for b.Loop() {
				if d.Parse(body) != nil || !d.Root().Get("model").Is("innkeeper") {
					b.Fatal("not parsed")
				}
			}
		})
		b.Run("fastjson/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var p fastjson.Parser
			for b.Loop() {
				v, err := p.ParseBytes(body)
				if err != nil || string(v.GetStringBytes("model")) != "innkeeper" {
					b.Fatal("not parsed")
				}
			}
		})
		b.Run("fastjson-validate/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var p fastjson.Parser
			for b.Loop() {
				v, err := p.ParseBytes(body)
				if err != nil || fastjson.ValidateBytes(body) != nil || string(v.GetStringBytes("model")) != "innkeeper" {
					b.Fatal("not parsed")
				}
			}
		})
		b.Run("encoding-json/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var v struct {
					Model    string            `json:"model"`
					Messages []json.RawMessage `json:"messages"`
				}
				if json.Unmarshal(body, &v) != nil || v.Model != "innkeeper" {
					b.Fatal("not parsed")
				}
			}
		})
	}
}
