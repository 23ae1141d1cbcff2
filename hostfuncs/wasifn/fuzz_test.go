package wasifn_test

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"testing"

	"innkeeper/adapters/abi"
)

// FuzzArguments calls every function of WASI with any arguments on any memory: each answers with a number, and writes nothing but where
// its guest can read.
func FuzzArguments(f *testing.F) {
	names := slices.Sorted(maps.Keys(functions()))
	g := newGuest(f)
	g.mailbox.result = 1 // an event is there: nobody waits for one
	for i := range names {
		f.Add(byte(i), []byte{}, uint32(0), uint32(0), uint32(1), uint32(8))
		f.Add(byte(i), []byte{0, 0, 0, 0, 255, 255, 255, 255}, uint32(1), uint32(0), uint32(1), uint32(memorySize-4))
		f.Add(byte(i), []byte{1, 0, 0, 0, 0, 0, 1, 0}, uint32(2), uint32(math.MaxUint32), uint32(math.MaxUint32), uint32(math.MaxUint32))
		f.Add(byte(i), []byte{}, uint32(3), uint32(1<<31), uint32(1<<16), uint32(memorySize-1))
	}
	f.Fuzz(func(t *testing.T, which byte, memory []byte, a, b, c, d uint32) {
		name := names[int(which)%len(names)]
		if name == "proc_exit" || name == "poll_oneoff" && sleeps(memory, a, c) {
			return
		}
		clear(g.memory)
		copy(g.memory, memory)
		words := []uint64{uint64(a), uint64(b), uint64(c), uint64(d)}
		params := make([]uint64, len(functions()[name].ParamTypes()))
		for i := range params {
			params[i] = words[i%len(words)]
		}
		results, err := g.module.ExportedFunction(name).Call(g.ctx, params...)
		if err != nil {
			t.Fatalf("%s%v: %v", name, params, err)
		}
		if errno := abi.Errno(results[0]); errno > 76 {
			t.Errorf("%s%v: there is no errno %d", name, params, errno)
		}
	})
}

// sleeps reports whether a poll of these subscriptions would wait for a clock alone: nothing but time ends that.
func sleeps(memory []byte, at, count uint32) bool {
	padded := make([]byte, memorySize)
	copy(padded, memory)
	for i := range min(count, 64) {
		from := uint64(at) + uint64(i)*48
		if from+48 > memorySize {
			break
		}
		if s := padded[from:]; s[8] == tagClock && binary.LittleEndian.Uint64(s[24:]) != 0 {
			return true
		}
	}
	return false
}
