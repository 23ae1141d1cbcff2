package ids

import (
	"crypto/rand"
	"strings"
	"testing"
)

func TestIdentifiersDiffer(t *testing.T) {
	s := New(rand.Reader)
	seen := map[string]bool{}
	for range 1000 {
		id := s.New(Response)
		if seen[id] || len(id) != len(Response)+48 || !strings.HasPrefix(id, "resp_") {
			t.Fatalf("identifier %q", id)
		}
		seen[id] = true
	}
}

func TestAnItemLeadsBackToItsResponse(t *testing.T) {
	response := New(rand.Reader).New(Response)
	for _, index := range []int{0, 15, 16, 255, 256} {
		item := Item(Message, response, index)
		if got, ok := ResponseOf(item); !ok || got != response {
			t.Fatalf("%q leads to %q, not to %q", item, got, response)
		}
	}
	if Item(Message, response, 1) == Item(Message, response, 16) {
		t.Fatal("two items share an identifier")
	}
	for _, other := range []string{"", "msg_", "msg_123", "nothing"} {
		if _, ok := ResponseOf(other); ok {
			t.Fatalf("%q leads to a response", other)
		}
	}
}
