package openai

import (
	"slices"
	"strings"
	"testing"
)

func TestWholeFrames(t *testing.T) {
	const a, b = "data: a\n\n", "event: x\ndata: bb\n\n"
	for _, c := range []struct {
		frames string
		room   int
		want   string
	}{
		{"", 5, ""}, {a, 100, a}, {a + b, len(a) + len(b), a + b}, {a + b, len(a) + len(b) - 1, a}, {a + b, 1, a}, {b + a, 3, b}, {"torn", 2, "torn"},
	} {
		if got := string(WholeFrames([]byte(c.frames), c.room)); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.frames, c.room, got, c.want)
		}
	}
}

func TestData(t *testing.T) {
	stream := "id: 1\nevent: x\ndata: {\"a\":1}\n\n" + ": keepalive\n\n" + "data: b\n\n" + StreamEnd
	var got []string
	for data := range Data([]byte(stream)) {
		got = append(got, string(data))
	}
	if !slices.Equal(got, []string{`{"a":1}`, "b", "[DONE]"}) {
		t.Errorf("%q", got)
	}
	for data := range Data([]byte(stream)) {
		if !strings.HasPrefix(string(data), "{") {
			t.Error("walked on")
		}
		break
	}
}
