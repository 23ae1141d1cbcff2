package openaiagent

import (
	"io"
	"strings"
	"testing"
	"time"
)

// An error body that costs more than it says says nothing.
func TestErrorBodiesBeyondBounds(t *testing.T) {
	const end = `},"message":"x"}`
	for body, want := range map[string]string{
		`{"a":{"b":0` + end: "x",
		`{"a":{"b":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + end: "",
		`{"a":{"b":[` + strings.Repeat(`0,`, 20_000) + `0]` + end:                "x",
		`{"a":{"b":` + strings.Repeat(" ", errorBytes) + "0" + end:               "",
	} {
		if got := readError(io.NopCloser(strings.NewReader(body)), time.Minute); got.message != want {
			t.Errorf("%.20s: %+v, want %q", body, got, want)
		}
	}
}
