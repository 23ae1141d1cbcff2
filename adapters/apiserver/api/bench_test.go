package api_test

import (
	"fmt"
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

// BenchmarkResponse is a whole request on the in-memory host, from its event to the last byte, with an agent that says ten
// words.
func BenchmarkResponse(b *testing.B) {
	words := says(strings.SplitAfter("one two three four five six seven eight nine ten ", " ")...)
	for name, body := range map[string]string{
		"unstored": `{"input":"hi","store":false}`,
		"stored":   `{"input":"hi"}`,
		"streamed": `{"input":"hi","store":false,"stream":true}`,
		"100KB":    `{"input":"` + strings.Repeat("0123456789", 10_000) + `"}`,
	} {
		b.Run(name, func(b *testing.B) {
			s := start(b, b.TempDir(), `{}`)
			s.host.OnTurn(words)
			b.ReportAllocs()
			for b.Loop() {
				s.ask(body)
			}
		})
	}
	b.Run("chained100", func(b *testing.B) {
		s := start(b, b.TempDir(), `{"stored_responses":200}`)
		s.host.OnTurn(words)
		id := ""
		for range 100 {
			id = at(b, object(b, s.ask(chained("hi", id)).Body), "id").(string)
		}
		body := chained("hi", id)
		b.ReportAllocs()
		for b.Loop() {
			s.ask(body)
		}
	})
}

func chained(input, id string) string {
	if id == "" {
		return `{"input":"` + input + `"}`
	}
	return fmt.Sprintf(`{"input":%q,"previous_response_id":%q}`, input, id)
}

// ask brings a request of a route that is known already.
func (s *server) ask(body string) sdktest.Response {
	r := s.host.Request(sdktest.Request{Route: "responses.create", Method: "POST", Path: "/v1/responses", Body: body, ID: "req_test"}).Wait()
	if r.Status != 200 {
		s.t.Fatalf("%d %s", r.Status, r.Body)
	}
	return r
}
