package logfn_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/hostfuncs/logfn"
)

func TestWrite(t *testing.T) {
	f, n, c := newFamily()
	if r := f.Write(4, []byte("disk\nfull\x1b[0m"), []byte(`{"free":0}`)); r != 0 {
		t.Errorf("result %d", r)
	}
	r := n.one(t)
	if r.Level != slog.LevelWarn || r.Message != `disk\nfull\x1b[0m` || !r.Time.Equal(c.now) {
		t.Errorf("record %+v", r)
	}
	if a := attributes(r); a["free"] != int64(0) || a[logfn.OriginKey] != "guest" || len(a) != 2 {
		t.Errorf("attributes %v", a)
	}
}

func TestLevels(t *testing.T) {
	f, n, _ := newFamily()
	for level, want := range map[int32]slog.Level{
		math.MinInt32: slog.LevelDebug, -5: slog.LevelDebug, -4: slog.LevelDebug, -1: slog.LevelDebug,
		0: slog.LevelInfo, 3: slog.LevelInfo, 4: slog.LevelWarn, 7: slog.LevelWarn, 8: slog.LevelError,
		math.MaxInt32: slog.LevelError,
	} {
		f.Write(level, []byte("m"), nil)
		if r := n.one(t); r.Level != want {
			t.Errorf("level %d: got %v, want %v", level, r.Level, want)
		}
	}
}

func TestLongMessageIsCut(t *testing.T) {
	f, n, _ := newFamily()
	f.Write(0, bytes.Repeat([]byte("x"), 10*logfn.MessageBytes), nil)
	if m := n.one(t).Message; m != strings.Repeat("x", logfn.MessageBytes)+"…" {
		t.Errorf("%d bytes, ends with %q", len(m), m[len(m)-8:])
	}
}

// No handler makes two lines, or a second "level", of what a guest sends in one.
func TestOneRecordIsOneLine(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil)).With("adapter", "mine")
	f := logfn.New(logfn.Config{Logger: logger})
	f.Write(0, []byte("a\nlevel=ERROR msg=forged\r\n"), []byte(`{"k\n2":"v\n3","adapter":"yours","":{"adapter":"theirs"},"l":["x\ny"]}`))
	text := out.String()
	if strings.Count(text, "\n") != 1 || strings.Count(text, " adapter=") != 1 || !strings.Contains(text, "guest_adapter=yours") {
		t.Errorf("the log holds:\n%s", text)
	}
}

// A level that is off costs nothing of the rate.
func TestLevelThatIsOff(t *testing.T) {
	f, n, _ := newFamily()
	n.least = slog.LevelInfo
	for range 2 * logfn.Burst {
		f.Write(-4, []byte("noise"), nil)
	}
	f.Write(0, []byte("news"), nil)
	if r := n.one(t); r.Message != "news" {
		t.Errorf("got %q", r.Message)
	}
}

// A flood: a burst gets through, then a block a second, each with the number of what was dropped before it.
func TestFlood(t *testing.T) {
	f, n, c := newFamily()
	written, passed, dropped := 0, 0, uint64(0)
	flood := func(count int) {
		for i := range count {
			f.Write(0, fmt.Appendf(nil, "line %d", i), nil)
		}
		written += count
	}
	look := func() (records, summaries int) {
		for _, r := range n.take() {
			if d, ok := attributes(r)["dropped"]; ok {
				summaries++
				dropped += d.(uint64)
				continue
			}
			records++
		}
		passed += records
		return records, summaries
	}
	flood(100_000)
	if r, s := look(); r != logfn.Burst || s != 0 {
		t.Errorf("burst: %d records, %d summaries", r, s)
	}
	for range 10 {
		for range 100 { // ten milliseconds each
			c.pass(10 * time.Millisecond)
			flood(logfn.Resume + 1)
		}
		if r, s := look(); r != logfn.RecordsPerSecond || s != 1 {
			t.Errorf("one second of flood: %d records, %d summaries", r, s)
		}
	}
	flood(7)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, s := look(); s != 1 {
		t.Errorf("%d summaries at the close", s)
	}
	if uint64(passed)+dropped != uint64(written) {
		t.Errorf("%d written, %d passed and %d dropped", written, passed, dropped)
	}
	f.Flush()
	if r, s := look(); r+s != 0 {
		t.Error("the drops were told twice")
	}
	c.pass(time.Hour)
	flood(logfn.Burst + 1)
	if r, _ := look(); r != logfn.Burst {
		t.Errorf("%d records after an hour of silence", r)
	}
}

func TestClockThatGoesBack(t *testing.T) {
	f, n, c := newFamily()
	f.Write(0, []byte("a"), nil)
	c.pass(-time.Hour)
	f.Write(0, []byte("b"), nil)
	c.pass(time.Second)
	f.Write(0, []byte("c"), nil)
	if r := n.take(); len(r) != 3 {
		t.Errorf("%d records", len(r))
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("y", logfn.MessageBytes)
	for _, c := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"one line", []string{"hello\n"}, []string{"hello"}},
		{"several in one write", []string{"a\nb\nc\n"}, []string{"a", "b", "c"}},
		{"one in several writes", []string{"he", "l", "lo\nwor", "ld\n"}, []string{"hello", "world"}},
		{"blank lines", []string{"\n\na\n\n\r\n"}, []string{"a"}},
		{"carriage return", []string{"a\r\nb\rc\r\n"}, []string{"a", `b\rc`}},
		{"no line break at the end", []string{"a\nlast words"}, []string{"a", "last words"}},
		{"control characters", []string{"\x1b[1mbold\x00\n"}, []string{`\x1b[1mbold\x00`}},
		{"not UTF-8", []string{"\xff\xfe\n"}, []string{`\xff\xfe`}},
		{"as long as may be", []string{long + "\n"}, []string{long}},
		{"too long", []string{long, "zz", "zz", "zz\nnext\n"}, []string{long + "…", "next"}},
		{"too long in one write", []string{long + long + long + "\nnext\n"}, []string{long + "…", "next"}},
		{"too long and no end", []string{long + "z", long}, []string{long + "…"}},
		{"nothing", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, n, _ := newFamily()
			w := f.Lines(slog.LevelWarn, "stderr")
			for _, s := range c.writes {
				if k, err := io.WriteString(w, s); k != len(s) || err != nil {
					t.Errorf("write: %d, %v", k, err)
				}
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range n.take() {
				if r.Level != slog.LevelWarn || attributes(r)[logfn.OriginKey] != "stderr" {
					t.Errorf("record %+v", r)
				}
				got = append(got, r.Message)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %.200q, want %.200q", got, c.want)
			}
			if err := w.Close(); err != nil || len(n.take()) != 0 {
				t.Error("a second close wrote again")
			}
		})
	}
}

// Lines and records share one rate.
func TestLinesAreRateLimited(t *testing.T) {
	f, n, _ := newFamily()
	w := f.Lines(slog.LevelInfo, "stdout")
	for range 2 * logfn.Burst {
		_, _ = io.WriteString(w, "line\n")
	}
	f.Write(8, []byte("record"), nil)
	if r := n.take(); len(r) != logfn.Burst {
		t.Errorf("%d records", len(r))
	}
}

// Several threads of a host may write for one instance: its output, its records, its teardown.
func TestConcurrentUse(t *testing.T) {
	f, n, _ := newFamily()
	var all sync.WaitGroup
	for range 4 {
		w := f.Lines(slog.LevelInfo, "stdout")
		all.Go(func() { _, _ = io.WriteString(w, "a\nb") })
		all.Go(func() { f.Write(0, []byte("m"), []byte(`{"a":1}`)) })
		all.Go(f.Flush)
		all.Go(func() { _ = f.Close() })
	}
	all.Wait()
	_ = f.Close()
	if r := n.take(); len(r) < 4*2 {
		t.Errorf("%d records", len(r))
	}
}
