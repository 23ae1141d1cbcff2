package sdk

import (
	"math/rand/v2"
	"testing"
)

// The table is a map: handles that fall on the same slot, wrap around or come twice make no difference.
func TestTableIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var table table[int]
	want := map[uint32]*int{}
	for step := range 200_000 {
		handle := uint32(random.IntN(64)) * []uint32{1, 16, 1 << 26}[random.IntN(3)]
		if random.IntN(2) == 0 {
			value := new(int)
			table.put(handle, value)
			want[handle] = value
		} else {
			table.remove(handle)
			delete(want, handle)
		}
		if table.count != len(want) {
			t.Fatalf("step %d: %d handles, want %d", step, table.count, len(want))
		}
		if probe := uint32(random.IntN(1024)); table.get(probe) != want[probe] || table.get(handle) != want[handle] {
			t.Fatalf("step %d: another value than the map's", step)
		}
	}
	for handle, value := range want {
		if table.get(handle) != value {
			t.Errorf("handle %d is lost", handle)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	var table table[int]
	value := new(int)
	for handle := uint32(1); b.Loop(); handle++ {
		table.put(handle, value)
		if table.get(handle) == nil {
			b.Fatal("lost")
		}
		table.remove(handle)
	}
}

// What cannot be read still ends the turn.
func TestUnreadableLastEvents(t *testing.T) {
	for _, payload := range [][]byte{nil, {1}, {9, 0, 0, 0, 1}} {
		if err := readAgentError(payload); err.Status != 502 || err.Message == "" {
			t.Errorf("payload % x gave %+v", payload, err)
		}
		if done := readAgentDone(payload); done.FinishReason != "stop" {
			t.Errorf("payload % x gave %+v", payload, done)
		}
	}
}
