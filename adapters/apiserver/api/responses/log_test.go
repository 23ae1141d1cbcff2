package responses

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"innkeeper/adapters/lib/openai"
)

const logID = "resp_000000000000000000000000000000000000000000000000"

// told is an answer with its log and its events, told by what a script says.
func told(script func(*Answer)) (a *Answer, log, stream []byte) {
	var l Log
	events := Events{Frame: func(frame []byte) { stream = append(stream, frame...) }}
	a = NewAnswer(logID, 17, []byte(`"model":"m"`), &events)
	a.Custom = []string{"patch"}
	a.Queue()
	l.Start(a)
	a.Log = &l
	a.Begin()
	script(a)
	return a, l.Bytes(), stream
}

func newCall() string { return "call_new" }

// scripts are the ways in which an answer goes.
func scripts() map[string]func(*Answer) {
	talk := func(a *Answer) {
		a.Reasoning([]byte("hm"))
		a.Text([]byte("Hel"))
		a.Text([]byte("lo"))
		a.Refusal([]byte("no"))
		a.ToolCall(0, nil, []byte("f"), []byte(`{"a"`), newCall)
		a.ToolCall(1, []byte("call_b"), []byte("patch"), []byte(`{"input":"x"}`), newCall)
		a.ToolCall(0, nil, nil, []byte(`:1}`), newCall)
	}
	return map[string]func(*Answer){
		"nothing": func(*Answer) {},
		"open":    talk,
		"finished": func(a *Answer) {
			talk(a)
			a.Finish(openai.Done{FinishReason: "stop", Usage: openai.Usage{Input: 1, Cached: 2, Output: 3, Reasoning: 4, Total: 5}}, 99)
		},
		"summarized": func(a *Answer) {
			a.Summarize = true
			talk(a)
			a.Finish(openai.Done{FinishReason: "tool_calls"}, 99)
		},
		"cut":         func(a *Answer) { talk(a); a.Finish(openai.Done{FinishReason: "length"}, 99) },
		"interrupted": func(a *Answer) { talk(a); a.Interrupt(ReasonShutdown) },
		"failed":      func(a *Answer) { talk(a); a.Fail(&openai.Error{Status: 429, Message: "Too much."}) },
		"cancelled":   func(a *Answer) { a.Cancel() },
		"twice":       func(a *Answer) { talk(a); a.Cancel(); a.Fail(openai.Internal("x")); a.Text([]byte("y")) },
	}
}

func TestAnAnswerIsMadeAgainOfItsLog(t *testing.T) {
	for name, script := range scripts() {
		t.Run(name, func(t *testing.T) {
			want, log, stream := told(script)
			var again []byte
			events := Events{Frame: func(frame []byte) { again = append(again, frame...) }}
			got, err := Replay(logID, log, &events)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, stream) {
				t.Errorf("events\n%s\nwere\n%s", again, stream)
			}
			if g, w := got.AppendJSON(nil), want.AppendJSON(nil); !bytes.Equal(g, w) {
				t.Errorf("response %s was %s", g, w)
			}
			if g, w := got.AppendMessages(nil), want.AppendMessages(nil); !bytes.Equal(g, w) {
				t.Errorf("messages %s were %s", g, w)
			}
		})
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// TestTheWire pins the events of each way that an answer goes, byte by byte.
func TestTheWire(t *testing.T) {
	for name, script := range scripts() {
		_, _, stream := told(script)
		path := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(path, stream, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stream, want) {
			t.Errorf("%s is\n%s\nwant\n%s", name, stream, want)
		}
	}
}

func TestAReplayBeginsWhereItIsWanted(t *testing.T) {
	_, log, stream := told(scripts()["finished"])
	frames := bytes.SplitAfter(stream, []byte("\n\n"))
	for from := range frames {
		var again []byte
		events := Events{From: int64(from), Frame: func(frame []byte) { again = append(again, frame...) }}
		if _, err := Replay(logID, log, &events); err != nil {
			t.Fatal(err)
		}
		if want := bytes.Join(frames[from:], nil); !bytes.Equal(again, want) {
			t.Fatalf("from %d:\n%s\nwant\n%s", from, again, want)
		}
		if events.Next() != int64(len(frames)-1) {
			t.Fatalf("the next is %d", events.Next())
		}
	}
}

func TestWhatIsLostHasFailed(t *testing.T) {
	_, log, _ := told(scripts()["open"])
	before := bytes.Clone(log)
	a, whole, err := Lost(logID, log, "Gone.")
	if err != nil || a.Status() != Failed || !bytes.Equal(log, before) {
		t.Fatal(a, err)
	}
	again, err := Replay(logID, whole, nil)
	if err != nil || !bytes.Equal(again.AppendJSON(nil), a.AppendJSON(nil)) {
		t.Fatal("the log of what was lost says something else", err)
	}
	if _, _, err := Lost(logID, []byte("x"), "Gone."); !errors.Is(err, ErrLog) {
		t.Fatal(err)
	}
}

// FuzzReplay feeds logs that nobody has written: they are refused, or make an answer.
func FuzzReplay(f *testing.F) {
	for _, script := range scripts() {
		_, log, _ := told(script)
		f.Add(log)
		f.Add(log[:len(log)-1])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, log []byte) {
		events := Events{Frame: func([]byte) {}}
		if a, err := Replay(logID, log, &events); err == nil {
			a.AppendJSON(nil)
			a.AppendMessages(nil)
		} else if !errors.Is(err, ErrLog) {
			t.Fatal(err)
		}
	})
}
