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
		conn, err := dial(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.close()
		for range 3 {
			status, body, err := conn.do(c.request)
			if err == nil {
				err = c.check(status, body)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// Every client of a burst notes each of its answers, however many there were time for.
func TestBurstNotesEveryAnswer(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	latencies := make([][]time.Duration, 3)
	any := call{get("/"), func(int, []byte) error { return nil }}
	if err := burst(t.Context(), server.Listener.Addr().String(), any, len(latencies), 20*time.Millisecond, latencies); err != nil {
		t.Fatal(err)
	}
	var noted int64
	for _, took := range latencies {
		noted += int64(len(took))
	}
	if noted != asked.Load() { // none at all, on a machine too busy to have connected in time
		t.Errorf("%d answers noted, %d given", noted, asked.Load())
	}
}

func TestReferenceWantsTheKey(t *testing.T) {
	if err := burst(t.Context(), testReference(t), plainChat("another"), 1, time.Hour, nil); err == nil { // it ends with the first answer
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
