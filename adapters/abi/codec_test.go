package abi_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"innkeeper/adapters/abi"
)

// record is what is generated for a record without a body.
type record interface {
	Append(dst []byte) []byte
	Read(record []byte) bool
}

// filled are records with something in every field, and with nothing.
func filled() []record {
	return []record{
		&abi.Shutdown{DrainMS: 1 << 31, Reason: "restart"}, &abi.Shutdown{},
		&abi.LifecycleInfo{Adapter: "a", Generation: 1 << 40, HostVersion: "v", DrainMS: 3, MaxBodyBytes: 4, Predecessor: 5},
		&abi.HTTPRequest{
			Route: "get", Values: []abi.PathValue{{Name: "id", Value: "a/b"}, {}, {Name: "x"}}, Method: "GET", Path: "/ü", Query: "q=1",
			RequestID: "id", BodySize: 7,
		},
		&abi.HTTPRequest{}, &abi.HTTPRoutes{Names: []string{"a", "", "b"}}, &abi.HTTPRoutes{},
		&abi.AgentDone{
			FinishReason: "stop", Model: "m", Usage: &abi.AgentUsage{PromptTokens: 1, CompletionTokens: -1, TotalTokens: 1 << 62}, ID: "i",
			SystemFingerprint: "f", ServiceTier: "t",
		},
		&abi.AgentDone{Usage: &abi.AgentUsage{}}, &abi.AgentDone{},
		&abi.AgentFailed{Status: 429, Type: "t", Code: "c", Message: "m", Param: "p", RetryAfterMS: 1500},
		&abi.AgentModels{Models: []abi.AgentModel{{ID: "a", OwnedBy: "b"}, {}}},
	}
}

func empty(r record) record { return reflect.New(reflect.TypeOf(r).Elem()).Interface().(record) }

func TestRecords(t *testing.T) {
	for _, want := range filled() {
		written := want.Append([]byte("x"))
		if size := binary.LittleEndian.Uint32(written[1:]); written[0] != 'x' || int(size) != len(written)-5 {
			t.Errorf("%T: %d bytes say that they are %d", want, len(written)-5, size)
		}
		got := empty(want)
		if !got.Read(written[1:]) || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		// A reader may be used again: nothing of the record before stays.
		if !got.Read(empty(want).Append(nil)) || !reflect.DeepEqual(got, empty(want)) {
			t.Errorf("after an empty record: %+v", got)
		}
		room := make([]byte, 0, 2*len(written))
		if n := testing.AllocsPerRun(20, func() { want.Append(room) }); n > 0 {
			t.Errorf("%T: %v allocations to write it where there is room", want, n)
		}
	}
}

// resize sets the size in front of a record.
func resize(b []byte) []byte {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// An old reader passes over what a new writer added.
func TestLongerRecords(t *testing.T) {
	for _, want := range filled() {
		got := empty(want)
		if longer := resize(append(want.Append(nil), "more fields"...)); !got.Read(longer) || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// A record within another may grow, too.
func TestLongerRecordsWithin(t *testing.T) {
	usage := resize(append((&abi.AgentUsage{PromptTokens: 1}).Append(nil), "more"...))
	done := &abi.AgentDone{FinishReason: "stop", Model: "m", ServiceTier: "t"}
	whole := done.Append(nil)
	at := 4 + 4 + len(done.FinishReason) + 4 + len(done.Model) // where "no usage" stands
	longer := resize(append(append(append([]byte{}, whole[:at]...), usage...), whole[at+4:]...))
	var got abi.AgentDone
	if !got.Read(longer) || got.Usage == nil || got.Usage.PromptTokens != 1 || got.ServiceTier != "t" {
		t.Errorf("got %+v", got)
	}
}

// A new reader takes what an old writer did not have as zero; what is cut within a field is no record.
func TestShorterRecords(t *testing.T) {
	want := abi.AgentFailed{Status: 429, Type: "t", Code: "c", Message: "m", Param: "p", RetryAfterMS: 1500}
	whole := want.Append(nil)
	var ends []int // of the fields
	for at := 8; at < len(whole)-8; {
		ends = append(ends, at)
		at += 4 + int(binary.LittleEndian.Uint32(whole[at:]))
	}
	ends = append(ends, 4, len(whole)-8, len(whole))
	for n := 4; n <= len(whole); n++ {
		var got abi.AgentFailed
		ok := got.Read(resize(bytes.Clone(whole[:n])))
		atEnd := false
		for _, end := range ends {
			atEnd = atEnd || end == n
		}
		if ok != atEnd {
			t.Errorf("the first %d bytes: read %t", n, ok)
		}
		if ok && n >= 8 && (got.Status != 429 || got.RetryAfterMS != 0 && n < len(whole)) {
			t.Errorf("the first %d bytes: %+v", n, got)
		}
	}
	var got abi.AgentFailed
	if !got.Read(nil) || got != (abi.AgentFailed{}) {
		t.Errorf("no bytes at all: %+v", got)
	}
}

// Nothing is taken for a record that says more of itself than is there.
func TestRecordsCutShort(t *testing.T) {
	for _, want := range filled() {
		whole := want.Append(nil)
		for n := 1; n < len(whole); n++ {
			if empty(want).Read(whole[:n]) {
				t.Errorf("%T: %d of %d bytes were taken for the whole", want, n, len(whole))
			}
		}
	}
	many := append(resize(make([]byte, 8)), 0xff, 0xff, 0xff, 0xff)
	if new(abi.HTTPRoutes).Read(resize(many[:8:8])) != true || new(abi.HTTPRoutes).Read(resize(append(make([]byte, 4), 0, 0, 0, 0x7f))) {
		t.Error("a number of names that cannot be was believed")
	}
}

func TestBodies(t *testing.T) {
	piece := abi.AgentToolCall{Index: 7, ID: []byte("call"), Name: []byte("f")}
	payload := append(piece.Append(nil), `{"a":1}`...)
	var got abi.AgentToolCall
	body, ok := got.Read(payload)
	if !ok || string(body) != `{"a":1}` || got.Index != 7 || string(got.ID) != "call" || string(got.Name) != "f" {
		t.Errorf("got %+v and %q", got, body)
	}
	// Views cannot be grown into what follows them.
	_ = append(got.Name, "xxx"...)
	if string(body) != `{"a":1}` {
		t.Errorf("the body became %q", body)
	}
	if body, ok := got.Read(resize(append(piece.Append(nil), "more"...))); !ok || len(body) != 0 {
		t.Errorf("a longer head: body %q", body)
	}
}

func TestVariants(t *testing.T) {
	row := abi.AppendSQLiteValueInteger(nil, -3)
	row = abi.AppendSQLiteValueFloat(row, 2.5)
	row = abi.AppendSQLiteValueText(row, []byte("text"))
	row = abi.AppendSQLiteValueNull(abi.AppendSQLiteValueBlob(row, nil))
	rest := row
	var values []abi.SQLiteValue
	for len(rest) > 0 {
		var v abi.SQLiteValue
		var ok bool
		if rest, ok = v.Cut(rest); !ok {
			t.Fatalf("cut after %d values", len(values))
		}
		values = append(values, v)
	}
	if len(values) != 5 || values[0].Int64() != -3 || values[1].Float64() != 2.5 || string(values[2].Bytes) != "text" ||
		values[3].Type != abi.SQLiteValueBlob || len(values[3].Bytes) != 0 || values[4].Type != abi.SQLiteValueNull {
		t.Errorf("got %+v", values)
	}
	var v abi.SQLiteValue
	for _, bad := range [][]byte{nil, {0}, {6}, {1, 0}, {2, 0, 0, 0, 0, 0, 0, 0}, {3, 1, 0, 0}, {4, 1, 0, 0, 0}, {3, 0xff, 0xff, 0xff, 0xff, 0}} {
		if _, ok := v.Cut(bad); ok {
			t.Errorf("% x was taken for a value", bad)
		}
	}
}

func TestEvents(t *testing.T) {
	event := append(abi.AppendEventHeader(nil, abi.EventAgentDone, 0x01020304), "payload"...)
	if want := "\xfe\x02\x00\x00\x04\x03\x02\x01payload"; string(event) != want {
		t.Errorf("got % x", event)
	}
	kind, handle, payload, ok := abi.CutEvent(event)
	if kind != abi.EventAgentDone || handle != 0x01020304 || string(payload) != "payload" || !ok {
		t.Errorf("got %#x %#x %q", kind, handle, payload)
	}
	if _, _, _, ok := abi.CutEvent(event[:abi.EventHeaderSize-1]); ok {
		t.Error("half a header was taken for an event")
	}
}

func FuzzRecords(f *testing.F) {
	for _, r := range filled() {
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range filled() {
			if r.Read(b) {
				again := empty(r)
				if !again.Read(r.Append(nil)) || !reflect.DeepEqual(again, r) {
					t.Errorf("%+v became %+v", r, again)
				}
			}
		}
		var v abi.SQLiteValue
		for rest, ok := b, true; ok; {
			if before := len(rest); before > 0 {
				if rest, ok = v.Cut(rest); ok && len(rest) >= before {
					t.Fatal("no progress")
				}
				continue
			}
			break
		}
	})
}

func BenchmarkHTTPRequest(b *testing.B) {
	request := abi.HTTPRequest{Route: "chat", Method: "POST", Path: "/v1/chat/completions", RequestID: "req-0123456789", BodySize: 5}
	payload := request.Append(nil)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			request.Append(nil)
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var got abi.HTTPRequest
			got.Read(payload)
		}
	})
}

func BenchmarkDone(b *testing.B) {
	done := abi.AgentDone{
		FinishReason: "stop", Model: "gpt-4o-mini", Usage: &abi.AgentUsage{PromptTokens: 12, CompletionTokens: 3456, TotalTokens: 3468}, ID: "x",
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			done.Append(nil)
		}
	})
	payload := done.Append(nil)
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var got abi.AgentDone
			got.Read(payload)
		}
	})
}
