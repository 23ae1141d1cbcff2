package wasifn_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/hostcall"
)

// Where the tests put what poll_oneoff reads and writes.
const (
	inAt    = 1024
	outAt   = 16 << 10
	countAt = 512

	realtime, monotonic = 0, 1
	tagClock            = 0
	tagRead             = 1
	tagWrite            = 2
)

// clock returns a subscription to a clock; userdata tells it from others.
func clock(userdata uint64, id uint32, timeout uint64, absolute bool) []byte {
	b := subscription(userdata, tagClock, id)
	binary.LittleEndian.PutUint64(b[24:], timeout)
	if absolute {
		binary.LittleEndian.PutUint16(b[40:], 1)
	}
	return b
}

func after(userdata uint64, d time.Duration) []byte {
	return clock(userdata, monotonic, uint64(d), false)
}

// subscription returns a subscription to a descriptor, or one with a tag that does not exist.
func subscription(userdata uint64, tag byte, fd uint32) []byte {
	b := make([]byte, 48)
	binary.LittleEndian.PutUint64(b, userdata)
	b[8] = tag
	binary.LittleEndian.PutUint32(b[16:], fd)
	return b
}

// answer is an event of poll_oneoff.
type answer struct {
	userdata uint64
	errno    abi.Errno
	tag      byte
}

func (g *guest) poll(subscriptions ...[]byte) ([]answer, abi.Errno) {
	g.t.Helper()
	copy(g.memory[inAt:], bytes.Join(subscriptions, nil))
	errno := g.call("poll_oneoff", inAt, outAt, uint64(len(subscriptions)), countAt)
	if errno != abi.OK {
		return nil, errno
	}
	return g.answers(outAt), errno
}

func (g *guest) answers(at int) (all []answer) {
	for i := range int(g.u32(countAt)) {
		b := g.memory[at+i*32:]
		all = append(all, answer{binary.LittleEndian.Uint64(b), abi.Errno(binary.LittleEndian.Uint16(b[8:])), b[10]})
	}
	return all
}

func TestPoll(t *testing.T) {
	const event, silence = 1, 0
	mailboxOf := func(userdata uint64) []byte { return subscription(userdata, tagRead, abi.FDEvents) }
	now := uint64(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()) // what synctest begins with
	tests := []struct {
		name          string
		subscriptions [][]byte
		mailbox       int32   // its answer
		asked         []int64 // the timeouts it is asked with
		slept         time.Duration
		want          []answer
	}{
		{"mailbox with an event", [][]byte{mailboxOf(7)}, event, []int64{-1}, 0, []answer{{7, 0, tagRead}}},
		{"mailbox or clock: event", [][]byte{after(1, time.Second), mailboxOf(2)}, event, []int64{1e9}, 0, []answer{{2, 0, tagRead}}},
		{"mailbox or clock: time", [][]byte{after(1, time.Second), mailboxOf(2)}, silence, []int64{1e9}, 0, []answer{{1, 0, tagClock}}},
		{"a look", [][]byte{after(1, 0), mailboxOf(2)}, silence, []int64{0}, 0, []answer{{1, 0, tagClock}}},
		{"a look that finds one", [][]byte{after(1, 0), mailboxOf(2)}, event, []int64{0}, 0, []answer{{2, 0, tagRead}}},
		{"mailbox twice", [][]byte{mailboxOf(1), mailboxOf(2)}, event, []int64{-1}, 0, []answer{{1, 0, tagRead}, {2, 0, tagRead}}},
		{"shortest of the clocks", [][]byte{after(1, 3*time.Second), after(2, time.Second), after(3, time.Second), mailboxOf(4)}, silence,
			[]int64{1e9}, 0, []answer{{2, 0, tagClock}, {3, 0, tagClock}}},
		{"clock only", [][]byte{after(1, time.Minute)}, silence, nil, time.Minute, []answer{{1, 0, tagClock}}},
		{"clocks only", [][]byte{after(1, time.Minute), after(2, time.Hour)}, silence, nil, time.Minute, []answer{{1, 0, tagClock}}},
		{"clock only, zero", [][]byte{after(1, 0)}, silence, nil, 0, []answer{{1, 0, tagClock}}},
		{"longest relative time", [][]byte{clock(1, monotonic, math.MaxUint64, false), mailboxOf(2)}, event, []int64{math.MaxInt64}, 0, []answer{{2, 0, tagRead}}},
		{"realtime, relative", [][]byte{clock(1, realtime, 5e9, false)}, silence, nil, 5 * time.Second, []answer{{1, 0, tagClock}}},
		{"realtime, absolute", [][]byte{clock(1, realtime, now+5e9, true)}, silence, nil, 5 * time.Second, []answer{{1, 0, tagClock}}},
		{"realtime, in the past", [][]byte{clock(1, realtime, now-5e9, true), mailboxOf(2)}, silence, []int64{0}, 0, []answer{{1, 0, tagClock}}},
		{"realtime, at zero", [][]byte{clock(1, realtime, 0, true)}, silence, nil, 0, []answer{{1, 0, tagClock}}},
		{"monotonic, absolute", [][]byte{clock(1, monotonic, 5e9, true), mailboxOf(2)}, silence, []int64{0}, 0, []answer{{1, abi.ENOTSUP, tagClock}}},
		{"process clock", [][]byte{clock(1, 2, 5e9, false)}, silence, nil, 0, []answer{{1, abi.EINVAL, tagClock}}},
		{"clock that does not exist", [][]byte{clock(1, math.MaxUint32, 5e9, false)}, silence, nil, 0, []answer{{1, abi.EINVAL, tagClock}}},
		{"stdout", [][]byte{subscription(1, tagWrite, 1), after(2, time.Hour)}, silence, nil, 0, []answer{{1, 0, tagWrite}}},
		{"stderr and the mailbox", [][]byte{subscription(1, tagWrite, 2), mailboxOf(2)}, event, []int64{0}, 0, []answer{{1, 0, tagWrite}, {2, 0, tagRead}}},
		{"stdin", [][]byte{subscription(1, tagRead, 0), mailboxOf(2)}, silence, []int64{0}, 0, []answer{{1, abi.EBADF, tagRead}}},
		{"writing to stdin", [][]byte{subscription(1, tagWrite, 0)}, silence, nil, 0, []answer{{1, abi.EBADF, tagWrite}}},
		{"writing to the mailbox", [][]byte{subscription(1, tagWrite, 3)}, silence, nil, 0, []answer{{1, abi.EBADF, tagWrite}}},
		{"reading stdout", [][]byte{subscription(1, tagRead, 1)}, silence, nil, 0, []answer{{1, abi.EBADF, tagRead}}},
		{"other descriptors", [][]byte{subscription(1, tagRead, 4), subscription(2, tagWrite, math.MaxUint32)}, silence, nil, 0,
			[]answer{{1, abi.EBADF, tagRead}, {2, abi.EBADF, tagWrite}}},
		{"unknown tag", [][]byte{subscription(1, 3, 3), subscription(2, 255, 0)}, silence, nil, 0, []answer{{1, abi.EINVAL, 3}, {2, abi.EINVAL, 255}}},
		{"a fault beside a clock that is due", [][]byte{subscription(1, 9, 0), after(2, 0)}, silence, nil, 0, []answer{{1, abi.EINVAL, 9}, {2, 0, tagClock}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGuest(t)
				g.mailbox.result = test.mailbox
				for i := range g.memory[outAt : outAt+4096] {
					g.memory[outAt+i] = 0xee // every byte of an answer is written
				}
				start := time.Now()
				got, errno := g.poll(test.subscriptions...)
				if errno != abi.OK || !slices.Equal(got, test.want) {
					t.Errorf("%v %v, want %v", errno, got, test.want)
				}
				if !slices.Equal(g.mailbox.asked, test.asked) {
					t.Errorf("mailbox asked with %v, want %v", g.mailbox.asked, test.asked)
				}
				if slept := time.Since(start); slept != test.slept {
					t.Errorf("slept %v, want %v", slept, test.slept)
				}
				for i := range test.want {
					if rest := g.memory[outAt+i*32+11 : outAt+i*32+32]; !bytes.Equal(rest, make([]byte, 21)) {
						t.Errorf("answer %d: rest %x", i, rest)
					}
				}
			})
		})
	}
}

// A count or a pointer from hell is an error before anything is read, waited for or written.
func TestPollHostile(t *testing.T) {
	const end = memorySize
	g := newGuest(t)
	g.mailbox.result = 1
	for name, test := range map[string]struct {
		in, out, count, result uint64
		want                   abi.Errno
	}{
		"nothing":                       {inAt, outAt, 0, countAt, abi.EINVAL},
		"more than is allowed":          {inAt, outAt, 65, countAt, abi.EINVAL},
		"count times 48 is 2^32":        {inAt, outAt, 1 << 28, countAt, abi.EINVAL}, // 48 << 28 is 3 << 32
		"count times 48 is over 2^32":   {inAt, outAt, (1<<32)/48 + 1, countAt, abi.EINVAL},
		"count times 32 is 2^32":        {inAt, outAt, 1 << 27, countAt, abi.EINVAL},
		"largest count":                 {inAt, outAt, math.MaxUint32, countAt, abi.EINVAL},
		"subscriptions behind the end":  {end - 47, outAt, 1, countAt, abi.EFAULT},
		"subscriptions far outside":     {math.MaxUint32, outAt, 1, countAt, abi.EFAULT},
		"subscriptions over the end":    {math.MaxUint32 - 47, outAt, 1, countAt, abi.EFAULT},
		"events behind the end":         {inAt, end - 31, 1, countAt, abi.EFAULT},
		"events far outside":            {inAt, math.MaxUint32 - 31, 1, countAt, abi.EFAULT},
		"number of events behind":       {inAt, outAt, 1, end - 3, abi.EFAULT},
		"number of events far outside":  {inAt, outAt, 1, math.MaxUint32, abi.EFAULT},
		"the last bytes are good bytes": {inAt, end - 32, 1, countAt, abi.OK},
	} {
		t.Run(name, func(t *testing.T) {
			clear(g.memory)
			copy(g.memory[inAt:], subscription(1, tagRead, abi.FDEvents))
			before := bytes.Clone(g.memory)
			g.mailbox.asked = nil
			if errno := g.call("poll_oneoff", test.in, test.out, test.count, test.result); errno != test.want {
				t.Errorf("%v, want %v", errno, test.want)
			}
			if failed := test.want != abi.OK; failed && (!bytes.Equal(before, g.memory) || g.mailbox.asked != nil) {
				t.Error("something was written or waited for")
			}
		})
	}
}

// Answers may lie over the questions: C libraries do that to save memory.
func TestPollInPlace(t *testing.T) {
	g := newGuest(t)
	g.mailbox.result = 1
	subscriptions := bytes.Join([][]byte{subscription(1, tagRead, 3), subscription(2, tagWrite, 1), subscription(3, 77, 0), subscription(4, tagWrite, 2)}, nil)
	for _, out := range []int{inAt, inAt + 1, inAt + 40, inAt - 32} {
		copy(g.memory[inAt:], subscriptions)
		if errno := g.call("poll_oneoff", inAt, uint64(out), 4, countAt); errno != abi.OK {
			t.Fatal(errno)
		}
		want := []answer{{1, 0, tagRead}, {2, 0, tagWrite}, {3, abi.EINVAL, 77}, {4, 0, tagWrite}}
		if got := g.answers(out); !slices.Equal(got, want) {
			t.Errorf("answers at %d: %v, want %v", out, got, want)
		}
	}
}

// A guest that waits when its instance ends does not come back from the wait.
func TestPollEndsWithTheInstance(t *testing.T) {
	over := func(t *testing.T, g *guest, subscription []byte) {
		t.Helper()
		copy(g.memory[inAt:], subscription)
		_, err := g.module.ExportedFunction("poll_oneoff").Call(g.ctx, inAt, outAt, 1, countAt)
		if !errors.Is(err, hostcall.Unwound{}) {
			t.Errorf("got %v", err)
		}
	}
	t.Run("in the mailbox", func(t *testing.T) {
		g := newGuest(t)
		g.mailbox.result, g.mailbox.during = abi.ECANCELED.Result(), g.kill
		over(t, g, subscription(1, tagRead, abi.FDEvents))
		over(t, g, subscription(1, tagRead, abi.FDEvents))
		if len(g.mailbox.asked) != 1 {
			t.Errorf("mailbox asked %d times: a guest that is over called it again", len(g.mailbox.asked))
		}
	})
	t.Run("asleep", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGuest(t)
			time.AfterFunc(time.Second, g.kill)
			start := time.Now()
			over(t, g, after(1, time.Hour))
			if slept := time.Since(start); slept != time.Second {
				t.Errorf("slept %v", slept)
			}
		})
	})
}

// What the mailbox says of itself reaches the guest.
func TestPollWithABrokenMailbox(t *testing.T) {
	g := newGuest(t)
	g.mailbox.result = abi.EIO.Result()
	if _, errno := g.poll(subscription(1, tagRead, abi.FDEvents)); errno != abi.EIO {
		t.Errorf("got %v", errno)
	}
}
