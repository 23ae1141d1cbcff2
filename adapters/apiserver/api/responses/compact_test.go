package responses

import (
	"bytes"
	"encoding/json"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

func TestASummaryComesBack(t *testing.T) {
	for _, summary := range []string{"", "a", "They \"met\".\n\u00fc"} {
		if got, ok := openSummary(sealSummary([]byte(summary))); !ok || got != summary {
			t.Errorf("%q came back as %q, %v", summary, got, ok)
		}
	}
}

func FuzzOpenSummary(f *testing.F) {
	f.Add(sealSummary([]byte("a")))
	f.Add("ik1.")
	f.Fuzz(func(t *testing.T, content string) {
		if summary, ok := openSummary(content); ok && len(content) < len(summary) {
			t.Fatalf("%q holds %q", content, summary)
		}
	})
}

// FuzzCompact runs everything that is made of a request for a compaction and wants JSON each time.
func FuzzCompact(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"model":null,"input":[{"type":"compaction","encrypted_content":"` + sealSummary([]byte("s")) + `"}],"instructions":"i"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var doc, list jsontext.Doc
		root, fault := openai.ParseBody(&doc, body)
		var r Request
		if fault == nil {
			r, fault = DecodeCompact(root)
		}
		var messages []byte
		if fault == nil {
			messages, fault = r.AppendMessages(nil, nil)
		}
		if fault != nil {
			if fault.Status/100 != 4 || fault.Message == "" || !json.Valid(openai.AppendError(nil, fault)) {
				t.Fatalf("%q: %+v", body, fault)
			}
			return
		}
		if err := list.Parse(append(append([]byte{'['}, messages...), ']')); err != nil {
			t.Fatalf("%q: %v in %q", body, err, messages)
		}
		if turn := r.AppendCompactTurn(nil, "m", list.Root()); !json.Valid(turn) {
			t.Fatalf("%q: turn %q", body, turn)
		}
		c := Compaction{ID: logID, Users: AppendUserItems(nil, list.Root(), logID), Summary: body}
		answer := c.AppendJSON(nil, openai.Usage{})
		if !json.Valid(answer) {
			t.Fatalf("%q: answer %q", body, answer)
		}
		// What was compacted is input again.
		output := bytes.NewBufferString(`{"input":`)
		var parsed struct {
			Output json.RawMessage `json:"output"`
		}
		if err := json.Unmarshal(answer, &parsed); err != nil {
			t.Fatal(err)
		}
		output.Write(parsed.Output)
		output.WriteByte('}')
		root, fault = openai.ParseBody(&doc, output.Bytes())
		if fault == nil {
			r, fault = Decode(root)
		}
		if fault == nil {
			_, fault = r.AppendMessages(nil, nil)
		}
		if fault != nil {
			t.Fatalf("%q: its compaction %s is refused: %v", body, output, fault)
		}
	})
}
