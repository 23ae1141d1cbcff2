package abi_test

import (
	"encoding/binary"
	"testing"

	"innkeeper/adapters/abi"
)

// A record that grew is read by an old reader, and a short one by a new reader.
func TestRecordsGrow(t *testing.T) {
	want := abi.LifecycleInfo{Adapter: "a", Generation: 1 << 40, HostVersion: "v", DrainMS: 3, MaxBodyBytes: 4, Predecessor: 5}
	record := want.Append(nil)
	longer := append(append([]byte{}, record...), "more"...)
	binary.LittleEndian.PutUint32(longer, uint32(len(longer)-4))
	shorter := append([]byte{}, record[:len(record)-8]...)
	binary.LittleEndian.PutUint32(shorter, uint32(len(shorter)-4))
	var got abi.LifecycleInfo
	for name, c := range map[string]struct {
		record      []byte
		predecessor uint64
	}{"as written": {record, 5}, "longer": {longer, 5}, "shorter": {shorter, 0}} {
		want.Predecessor = c.predecessor
		if !got.Read(c.record) || got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	for n := range record {
		if got.Read(record[:n]) {
			t.Errorf("%d of %d bytes were taken for the whole", n, len(record))
		}
	}
}
