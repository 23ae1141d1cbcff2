package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

var seeds = []string{
	`{"input":"hi"}`, `{"input":[{"role":"user","content":"a"}],"session_id":"s","metadata":{"a":"b"}}`, `{"input":"x","session_id":""}`,
	`{"input":"x","conversation":"c","session_id":"s"}`, `{"input":"x","previous_response_id":"p","session_id":null}`, `{"input":"x","stream":true}`,
	`{"input":"x","stream":false,"background":false}`, `{"input":"x","background":true,"conversation_history":[]}`,
	`{"input":"x","conversation_history":[{"role":"user"}]}`, `{"input":"x","metadata":null,"session_id":7}`, `{"session_id":"s"}`, `[]`, `{`,
}

// checkDecode runs everything that is made of a request and wants JSON each time.
func checkDecode(t *testing.T, body []byte) {
	t.Helper()
	var doc jsontext.Doc
	root, fault := openai.ParseBody(&doc, body)
	var r Request
	if fault == nil {
		r, fault = Decode(root)
	}
	if fault != nil {
		if fault.Status/100 != 4 || fault.Message == "" || !json.Valid(openai.AppendError(nil, fault)) {
			t.Fatalf("%q: %+v", body, fault)
		}
		return
	}
	run := Run{ID: "run_1", Status: InProgress, Created: 1, Model: r.Model, Previous: r.PreviousID, Conversation: r.Conversation}
	if r.Metadata.Set() {
		run.Metadata = r.Metadata.Raw()
	}
	run.Answer.Text = body
	run.Answer.Calls = []chat.Call{{ID: string(body), Name: string(body), Arguments: body}}
	checkObject(t, run.AppendJSON(nil))
}

// checkObject checks what is made of a run object.
func checkObject(t *testing.T, object []byte) {
	t.Helper()
	var doc jsontext.Doc
	if err := doc.Parse(object); err != nil || !json.Valid(object) {
		t.Fatalf("object %q: %v", object, err)
	}
	interrupted := AppendInterrupted(nil, doc.Root(), 7)
	if err := doc.Parse(interrupted); err != nil || StatusOf(doc.Root()) != Interrupted || !json.Valid(interrupted) {
		t.Fatalf("interrupted %q: %v", interrupted, err)
	}
	checkFrame(t, AppendLast(nil, 9, doc.Root()), "run.interrupted", 9)
}

func checkFrame(t *testing.T, frame []byte, name string, number int64) {
	t.Helper()
	head, data, _ := bytes.Cut(frame, []byte("\ndata: "))
	if string(head) != fmt.Sprintf("id: %d\nevent: %s", number, name) || !bytes.HasSuffix(data, []byte("\n\n")) || !json.Valid(data) ||
		bytes.Count(frame, []byte("\n")) != 4 {
		t.Fatalf("frame %q", frame)
	}
}

func TestWhatIsMadeOfARequestIsJSON(t *testing.T) {
	for _, seed := range seeds {
		checkDecode(t, []byte(seed))
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkDecode)
}

// frames are n events with texts of every kind.
func frames(t *testing.T, text []byte, n int64) (all []byte) {
	for number := int64(1); number <= n; number++ {
		e := Event{Run: "run_1", Number: number, Name: MessageDelta, Time: time.UnixMilli(1234)}
		frame := e.AppendDelta(nil, text)
		switch number % 3 {
		case 0:
			frame = e.AppendToolCall(nil, 1, "c", "n", text)
			e.Name = ToolCallDelta
		case 1:
			frame = e.AppendStarted(nil, string(text))
			e.Name = Started
		}
		checkFrame(t, frame, e.Name, number)
		all = append(all, frame...)
	}
	return all
}

func checkFrom(t *testing.T, text []byte) {
	all := frames(t, text, 9)
	for number := int64(0); number <= 11; number++ {
		rest := From(all, number)
		switch {
		case number > 9 && rest != nil:
			t.Fatalf("from %d: %q", number, rest)
		case number <= 9 && numberOf(rest) != max(number, 1):
			t.Fatalf("from %d: %q", number, rest)
		}
	}
	for whole := all; len(whole) > 0; {
		piece := openai.WholeFrames(whole, 300)
		if !bytes.HasSuffix(piece, []byte("\n\n")) {
			t.Fatalf("piece %q", piece)
		}
		whole = whole[len(piece):]
	}
}

func TestFramesAreFoundByNumber(t *testing.T) {
	checkFrom(t, []byte("a\n\nid: 7\nb"))
	From([]byte("no frames"), 3)
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("plain"))
	f.Add([]byte("id: 5\n\n\r\n\x00\xff"))
	f.Fuzz(checkFrom)
}

// FuzzFrom gives it what no page has ever held.
func FuzzFrom(f *testing.F) {
	f.Add([]byte("id: 1\n\nid: x\n\n"), int64(2))
	f.Add([]byte("\n\n\n\n"), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, number int64) {
		if rest := From(text, number); !bytes.HasSuffix(text, rest) {
			t.Fatal("not a part of the text")
		}
	})
}
