package openaiagent

import (
	"io"
	"strings"
	"testing"
	"time"
)

// What the client's parser would recurse into it does not see.
func TestErrorBodiesBeyondBounds(t *testing.T) {
	for body, want := range map[string]int{
		`{"error":{"message":"x"}}`: 25,
		"<html>":                    6,
		`{"error":` + strings.Repeat("[", 60<<10):             0,
		`{"error":[` + strings.Repeat(`[],`, 20<<10) + "[]]}": errorBytes,
	} {
		text, err := io.ReadAll(errorBody(io.NopCloser(strings.NewReader(body)), time.Minute))
		if err != nil || len(text) != min(want, len(body)) {
			t.Errorf("%.20s: %d bytes, %v, want %d", body, len(text), err, want)
		}
	}
}
