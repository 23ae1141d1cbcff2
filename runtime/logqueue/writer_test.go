package logqueue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func notice(dropped uint64) []byte { return fmt.Appendf(nil, "dropped %d\n", dropped) }

// stream is what a test lets be written, as long as its gate is open.
type stream struct {
	mu   sync.Mutex
	text strings.Builder
	gate chan struct{} // nil: always open
	err  error
}

func (s *stream) Write(p []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	return s.text.Write(p)
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *stream) fail(err error) {
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
}

func end(t *testing.T, w *Writer) {
	t.Helper()
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// Nothing is lost in normal use, and the order stays.
func TestAllLinesArriveInOrder(t *testing.T) {
	out := &stream{}
	w := New(out, notice)
	var want strings.Builder
	for i := range 5000 {
		line := fmt.Sprintf("line %d\n", i)
		want.WriteString(line)
		_, _ = w.Write([]byte(line))
		if i%1000 == 0 {
			synced(w)
		}
	}
	end(t, w)
	if out.String() != want.String() || w.Dropped() != 0 {
		t.Errorf("%d bytes of %d, %d dropped", len(out.String()), want.Len(), w.Dropped())
	}
}

// synced waits until nothing waits.
func synced(w *Writer) {
	for {
		w.mu.Lock()
		idle := len(w.next.text)+len(w.flying.text) == 0
		w.mu.Unlock()
		if idle {
			return
		}
	}
}

// A stream that nobody reads holds up nobody: the first lines stay, the rest is counted, and the count stands where they are missing.
func TestWritingNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stream{gate: make(chan struct{})}
		w := New(out, notice)
		for i := range Lines + 100 {
			fmt.Fprintf(w, "line %d\n", i)
		}
		synctest.Wait()
		if w.Dropped() != 100 {
			t.Errorf("%d dropped", w.Dropped())
		}
		close(out.gate)
		synctest.Wait()
		fmt.Fprintf(w, "later\n")
		end(t, w)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if n := len(lines); n != Lines+2 || lines[0] != "line 0" || lines[n-3] != fmt.Sprintf("line %d", Lines-1) ||
			lines[n-2] != "dropped 100" || lines[n-1] != "later" {
			t.Errorf("%d lines, the last ones %q", n, lines[max(0, n-4):])
		}
	})
}

// The notice stands before the first line that comes after the gap, also if that comes while the stream still blocks.
func TestTheNoticeStandsInTheGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stream{gate: make(chan struct{})}
		w := New(out, notice)
		fmt.Fprintf(w, "%s\n", strings.Repeat("a", 10))
		synctest.Wait() // it is being written
		fmt.Fprintf(w, "%s\n", strings.Repeat("b", Bytes))
		fmt.Fprintf(w, "c\n")
		close(out.gate)
		end(t, w)
		if want := "aaaaaaaaaa\ndropped 1\nc\n"; out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	})
}

func TestBytesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stream{gate: make(chan struct{})}
		w := New(out, notice)
		line := []byte(strings.Repeat("x", 1<<10-1) + "\n")
		for range 2 * Bytes / len(line) {
			_, _ = w.Write(line)
		}
		if dropped := w.Dropped(); dropped != Bytes/uint64(len(line)) {
			t.Errorf("%d dropped", dropped)
		}
		close(out.gate)
		end(t, w)
		if n := len(out.String()); n > Bytes+100 {
			t.Errorf("%d bytes", n)
		}
	})
}

// A stream that is broken is tried once for each thing to say, and what it lost is told if it works again.
func TestABrokenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stream{err: errors.New("broken pipe")}
		w := New(out, notice)
		for range 3 {
			fmt.Fprintf(w, "one\ntwo\n")
			synctest.Wait()
		}
		if w.Dropped() != 6 {
			t.Errorf("%d dropped", w.Dropped())
		}
		out.fail(nil)
		fmt.Fprintf(w, "three\n")
		end(t, w)
		if want := "dropped 6\nthree\n"; out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	})
}

// The end waits for what is written, and no longer than it may.
func TestCloseIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stream{gate: make(chan struct{})}
		w := New(out, notice)
		fmt.Fprintf(w, "one\ntwo\n")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 lines") {
			t.Errorf("got %v", err)
		}
		fmt.Fprintf(w, "late\n")
		if w.Dropped() != 1 {
			t.Errorf("%d dropped after the end", w.Dropped())
		}
		close(out.gate)
		end(t, w)
		if want := "one\ntwo\ndropped 1\n"; out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	})
}

// A pipe of the system that is full blocks its writer for ever, and nobody else.
func TestAPipeThatIsFull(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w := New(out, notice)
	for range Lines + 1000 {
		fmt.Fprintf(w, "%s\n", strings.Repeat("x", 100))
	}
	if w.Dropped() == 0 {
		t.Error("nothing was dropped")
	}
	r.Close() // ends the write
	end(t, w)
	out.Close()
}

func TestWhatOneLineCosts(t *testing.T) {
	w := New(&stream{}, notice)
	line := []byte("a line of the log\n")
	synced(w)
	if n := testing.AllocsPerRun(100, func() { _, _ = w.Write(line) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
	end(t, w)
}
