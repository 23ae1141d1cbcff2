package wasifn

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
)

// The layout of subscriptions and events.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-subscription-record
const (
	subscriptionSize  = 48
	subscriptionTag   = 8
	subscriptionFD    = 16
	subscriptionClock = 16
	clockTimeout      = 24
	clockFlags        = 40
	eventSize         = 32
	eventErrno        = 8
	eventType         = 10

	tagClock   = 0
	tagFDRead  = 1
	tagFDWrite = 2

	clockFlagAbsolute   = 1
	maxSubscriptions    = 64 // a Go guest has two; a guest that watches three descriptors and some timers has ten
	nothingDueBeforeEnd = -1
)

// subscription is one thing that a guest waits for.
type subscription struct {
	userdata uint64
	tag      byte
	fd       uint32
	timeout  time.Duration
	errno    abi.Errno // set if the subscription itself is at fault: it is answered at once
}

// poll is what one call asks for, put together.
type poll struct {
	subscriptions []subscription
	mailbox       bool          // descriptor 3 is watched
	atOnce        bool          // something is to be answered without waiting
	timeout       time.Duration // until the first clock is due; negative if there is none
}

// pollOneoff blocks until the mailbox has an event, a clock is due or the instance is over.
func pollOneoff(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	count := uint32(stack[2])
	if count == 0 || count > maxSubscriptions {
		return abi.EINVAL
	}
	in, errno := mem.Bytes(uint32(stack[0]), count*subscriptionSize)
	if errno != abi.OK {
		return errno
	}
	out, errno := mem.Bytes(uint32(stack[1]), count*eventSize)
	if errno != abi.OK {
		return errno
	}
	if _, errno = mem.Bytes(uint32(stack[3]), 4); errno != abi.OK {
		return errno
	}
	p := readPoll(in, int(count), programOf(ctx).now())
	waiting, errno := p.wait(ctx, hostcall.Of(ctx).Events)
	if errno != abi.OK {
		return errno
	}
	return mem.PutU32(uint32(stack[3]), p.answer(out, waiting))
}

func readPoll(in []byte, count int, now time.Time) poll {
	p := poll{timeout: nothingDueBeforeEnd, subscriptions: make([]subscription, 0, count)}
	for ; len(in) > 0; in = in[subscriptionSize:] {
		s := readSubscription(in[:subscriptionSize], now)
		switch {
		case s.errno != abi.OK, s.tag == tagFDWrite:
			p.atOnce = true
		case s.tag == tagFDRead:
			p.mailbox = true
		case p.timeout < 0 || s.timeout < p.timeout:
			p.timeout = s.timeout
		}
		p.subscriptions = append(p.subscriptions, s)
	}
	return p
}

// readSubscription reads one record. Standard output and error can always be written; standard input never has anything,
// and a guest that polls it is told so by an error instead of sleeping for ever.
func readSubscription(b []byte, now time.Time) subscription {
	s := subscription{userdata: binary.LittleEndian.Uint64(b), tag: b[subscriptionTag]}
	switch s.tag {
	case tagClock:
		s.timeout, s.errno = readClock(b, now)
	case tagFDRead, tagFDWrite:
		s.fd = binary.LittleEndian.Uint32(b[subscriptionFD:])
		writable := s.tag == tagFDWrite && s.fd > stdin && s.fd <= lastStandardFD
		readable := s.tag == tagFDRead && s.fd == abi.FDEvents
		if !writable && !readable {
			s.errno = abi.EBADF
		}
	default:
		s.errno = abi.EINVAL
	}
	return s
}

func readClock(b []byte, now time.Time) (time.Duration, abi.Errno) {
	id := binary.LittleEndian.Uint32(b[subscriptionClock:])
	timeout := binary.LittleEndian.Uint64(b[clockTimeout:])
	absolute := binary.LittleEndian.Uint16(b[clockFlags:])&clockFlagAbsolute != 0
	if id != clockRealtime && id != clockMonotonic {
		return 0, abi.EINVAL
	}
	if timeout > math.MaxInt64 {
		timeout = math.MaxInt64
	}
	if !absolute {
		return time.Duration(timeout), abi.OK
	}
	if id == clockMonotonic {
		return 0, abi.ENOTSUP // the guest's monotonic clock has a zero of its own; nobody has asked for this
	}
	return max(time.Unix(0, int64(timeout)).Sub(now), 0), abi.OK
}

// wait blocks as the call asks. It reports whether the mailbox has an event.
func (p poll) wait(ctx context.Context, mailbox abi.Event) (bool, abi.Errno) {
	timeout := p.timeout
	if p.atOnce {
		timeout = 0
	}
	if !p.mailbox {
		return false, sleep(ctx, timeout)
	}
	r := mailbox.Wait(int64(timeout))
	if r < 0 {
		return false, abi.Errno(-r)
	}
	return r > 0, abi.OK
}

// sleep waits without looking at the mailbox. The guest is deaf meanwhile, so the stall budget goes on counting.
func sleep(ctx context.Context, timeout time.Duration) abi.Errno {
	if timeout <= 0 {
		return abi.OK
	}
	if guest := hostcall.Of(ctx).Time; guest != nil {
		guest.Away()
		defer guest.Back()
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-timer.C:
		return abi.OK
	case <-ctx.Done():
		return abi.ECANCELED
	}
}

// answer writes one event for everything that is due, and returns how many. Without an event in the mailbox the shortest
// clocks are due, unless something was answered at once before their time.
func (p poll) answer(out []byte, waiting bool) uint32 {
	var n uint32
	for _, s := range p.subscriptions {
		due := s.errno != abi.OK || s.tag == tagFDWrite ||
			s.tag == tagFDRead && waiting ||
			s.tag == tagClock && !waiting && s.timeout == p.timeout && (!p.atOnce || s.timeout == 0)
		if !due {
			continue
		}
		b := out[n*eventSize : (n+1)*eventSize]
		clear(b)
		binary.LittleEndian.PutUint64(b, s.userdata)
		binary.LittleEndian.PutUint16(b[eventErrno:], uint16(s.errno))
		b[eventType] = s.tag
		n++
	}
	return n
}
