package abi_test

import (
	"bytes"
	"reflect"
	"testing"

	"innkeeper/adapters/abi"
)

func TestPayload(t *testing.T) {
	var b []byte
	b = abi.AppendU32(b, 0xfffffffe)
	b = abi.AppendString(b, "first")
	b = abi.AppendString(b, "")
	b = append(b, "and the rest"...)
	p := abi.ReadPayload(b)
	if n := p.U32(); n != 0xfffffffe {
		t.Errorf("number %#x", n)
	}
	if s := p.String(); s != "first" {
		t.Errorf("string %q", s)
	}
	if s := p.Bytes(); len(s) != 0 {
		t.Errorf("empty string %q", s)
	}
	if s := p.Rest(); string(s) != "and the rest" || p.Bad {
		t.Errorf("rest %q, bad %v", s, p.Bad)
	}
	if s := p.Rest(); len(s) != 0 || p.Bad {
		t.Errorf("rest once more %q, bad %v", s, p.Bad)
	}
}

// A view cannot be grown into what follows it.
func TestPayloadViewsAreApart(t *testing.T) {
	b := append(abi.AppendString(nil, "one"), "two"...)
	p := abi.ReadPayload(b)
	_ = append(p.Bytes(), "xxx"...)
	if got := p.Rest(); string(got) != "two" {
		t.Errorf("what follows became %q", got)
	}
}

func TestPayloadCutShort(t *testing.T) {
	whole := abi.AppendString(abi.AppendU32(nil, 1), "text")
	for n := range whole {
		p := abi.ReadPayload(whole[:n])
		p.U32()
		s := p.String()
		if !p.Bad || s != "" {
			t.Errorf("%d of %d bytes: %q, bad %v", n, len(whole), s, p.Bad)
		}
		if p.U32() != 0 || p.Bytes() != nil || p.Rest() != nil || !p.Bad {
			t.Errorf("%d of %d bytes: a read after the end gave something", n, len(whole))
		}
	}
}

func TestHTTPRequest(t *testing.T) {
	for _, want := range []abi.HTTPRequest{
		{}, {Route: "get", Method: "GET", Path: "/a b", Query: "q=1", RequestID: "id", BodySize: 1 << 31},
		{Route: "get", Values: []abi.PathValue{{Name: "id", Value: "a/b"}, {Name: "", Value: ""}}, Path: "/"},
	} {
		var got abi.HTTPRequest
		payload := want.Append(nil)
		if !got.Read(payload) || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if allocations := testing.AllocsPerRun(10, func() { want.Append(nil) }); allocations > 1 {
			t.Errorf("%v allocations", allocations)
		}
		for n := range payload {
			if got.Read(payload[:n]) {
				t.Errorf("%d of %d bytes were taken for the whole", n, len(payload))
			}
		}
	}
	many := abi.AppendU32(abi.AppendString(nil, "route"), 1<<31)
	if new(abi.HTTPRequest).Read(many) {
		t.Error("a number of values that cannot be was believed")
	}
}

func TestPayloadStrings(t *testing.T) {
	for _, want := range [][]string{nil, {"a"}, {"", "b", ""}} {
		p := abi.ReadPayload(abi.AppendStrings(nil, want))
		if got := p.Strings(); !reflect.DeepEqual(got, want) || p.Bad {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	p := abi.ReadPayload(abi.AppendU32(nil, 1<<31))
	if p.Strings(); !p.Bad {
		t.Error("a list that cannot be was believed")
	}
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte("\x03\x00\x00\x00abc\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := abi.ReadPayload(b)
		read := 0
		for !p.Bad && read < len(b) {
			s := p.Bytes()
			if !p.Bad {
				read += 4 + len(s)
			}
		}
		if read > len(b) {
			t.Errorf("read %d of %d bytes", read, len(b))
		}
	})
}

func TestEventHeader(t *testing.T) {
	got := abi.AppendEventHeader([]byte("x"), abi.EventAgentDone, 0x01020304)
	if want := []byte("x\xfe\x02\x00\x00\x04\x03\x02\x01"); !bytes.Equal(got, want) || len(got)-1 != abi.EventHeaderSize {
		t.Errorf("got % x", got)
	}
}
