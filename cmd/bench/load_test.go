package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

const testKey = "a-key-that-only-this-test-has"

// testReference serves the reference handler.
func testReference(t *testing.T) string {
	t.Helper()
	s := &referenceServer{key: testKey}
	server := httptest.NewServer(http.HandlerFunc(s.chat))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestReferenceAnswersWhatTheBenchmarkChecks(t *testing.T) {
	address := testReference(t)
	for name, c := range map[string]call{"plain": plainChat(testKey), "streamed": streamedChat(testKey)} {
		latencies := make([][]time.Duration, 3)
		if err := burst(t.Context(), address, c, len(latencies), 20*time.Millisecond, latencies); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, took := range latencies {
			if len(took) == 0 {
				t.Errorf("%s: client %d has no answer", name, i)
			}
		}
	}
}

func TestReferenceWantsTheKey(t *testing.T) {
	if err := burst(t.Context(), testReference(t), plainChat("another"), 1, 20*time.Millisecond, nil); err == nil {
		t.Error("a wrong key was taken")
	}
}

func TestOneWrongAnswerEndsTheBurst(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 10 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	wrong := errors.New("wrong")
	c := call{get("/"), func(status int, _ []byte) error {
		if status != http.StatusOK {
			return wrong
		}
		return nil
	}}
	// The hour is for a load generator that goes on; this one does not.
	if err := burst(t.Context(), server.Listener.Addr().String(), c, 4, time.Hour, nil); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}
