package openai

import (
	"strings"
	"testing"

	"innkeeper/adapters/lib/jsontext"
)

const usual = `{"finish_reason":"stop","model":"m-1","usage":{"prompt_tokens":12,"completion_tokens":3456,"total_tokens":3468,` +
	`"prompt_tokens_details":{"cached_tokens":7},"completion_tokens_details":{"reasoning_tokens":0}},` +
	`"id":"x","system_fingerprint":"fp","service_tier":"default"}`

// The short way and the JSON parser read the same.
func TestUsualDone(t *testing.T) {
	want := Done{
		FinishReason: "stop", SystemFingerprint: "fp", ServiceTier: "default",
		Usage: Usage{Input: 12, Output: 3456, Total: 3468, Cached: 7},
	}
	for name, payload := range map[string]string{
		"all members":         usual,
		"no optional members": usual[:strings.Index(usual, `,"id"`)] + "}",
		"another reason":      strings.Replace(usual, `"stop"`, `"content_filter"`, 1),
	} {
		short, ok := usualDone([]byte(payload))
		if !ok {
			t.Errorf("%s: not read the short way", name)
		}
		if long := parsed(payload); short != long {
			t.Errorf("%s: the short way reads %+v, the parser %+v", name, short, long)
		}
	}
	if got := ParseDone(new(jsontext.Doc), []byte(usual)); got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

// What is not exactly as expected, or no JSON, is left to the parser.
func TestUnusualDone(t *testing.T) {
	payloads := []string{
		"", "{}", " " + usual, usual + " ", usual + "x",
		strings.Replace(usual, `"stop"`, `""`, 1),
		strings.Replace(usual, `m-1`, `m\u002d1`, 1),
		strings.Replace(usual, `m-1`, `mü`, 1),
		strings.Replace(usual, `12,`, `012,`, 1),
		strings.Replace(usual, `12,`, `-12,`, 1),
		strings.Replace(usual, `12,`, `1.5,`, 1),
		strings.Replace(usual, `12,`, `1234567890123456789,`, 1),
		strings.Replace(usual, `12,`, `,`, 1),
		strings.Replace(usual, `3468`, `0`, 1),
		strings.Replace(usual, `"id"`, `"jd"`, 1),
		strings.Replace(usual, `"usage"`, `"model":"n","usage"`, 1),
	}
	for end := range len(usual) {
		payloads = append(payloads, usual[:end])
	}
	for _, payload := range payloads {
		if d, ok := usualDone([]byte(payload)); ok {
			t.Errorf("%s: read the short way as %+v", payload, d)
		}
		if got, want := ParseDone(new(jsontext.Doc), []byte(payload)), parsed(payload); got != want {
			t.Errorf("%s: read %+v, want %+v", payload, got, want)
		}
	}
}

// parsed is the payload as the JSON parser reads it, which a space in front makes sure of.
func parsed(payload string) Done { return ParseDone(new(jsontext.Doc), []byte(" "+payload)) }

func BenchmarkParseDone(b *testing.B) {
	var doc jsontext.Doc
	for name, payload := range map[string]string{"usual": usual, "unusual": " " + usual} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ParseDone(&doc, []byte(payload)).Usage.Total != 3468 {
					b.Fatal("misread")
				}
			}
		})
	}
}
