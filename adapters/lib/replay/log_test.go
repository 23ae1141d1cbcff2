package replay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
)

// client is a sink that takes what it has room for.
type client struct {
	room    int // bytes that it takes; -1 for any number
	text    strings.Builder
	writes  []string
	ended   bool
	aborted bool
	gone    bool
}

func newClient() *client { return &client{room: -1} }

func (c *client) Write(events []byte, last bool) error {
	switch {
	case c.gone:
		return abi.EPIPE
	case c.room >= 0 && c.room < len(events):
		return abi.EAGAIN
	case c.room >= 0:
		c.room -= len(events)
	}
	c.writes = append(c.writes, string(events))
	c.text.Write(events)
	c.ended = last
	return nil
}

func (c *client) Abort() { c.aborted = true }

// say appends events such as "7;" and sends them.
func say(l *Log, n int) {
	for range n {
		l.Append(event(l.Next()))
	}
	l.Send()
}

func event(number int64) []byte { return fmt.Appendf(nil, "%d;", number) }

// span is the text of the events from one number up to another.
func span(from, to int64) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		b.Write(event(n))
	}
	return b.String()
}

func (c *client) expect(t *testing.T, from, to int64, ended bool) {
	t.Helper()
	if got := c.text.String(); got != span(from, to) || c.ended != ended || c.aborted {
		t.Errorf("got %q, ended %v, aborted %v; want %q, ended %v", got, c.ended, c.aborted, span(from, to), ended)
	}
}

// shelf is a past that has every event, a few at a time.
type shelf struct {
	next  int64
	fails error
	asked int
}

func (s *shelf) Events(from int64) ([]byte, int64, error) {
	s.asked++
	next := max(from, min(from+2, s.next))
	return []byte(span(from, next)), next, s.fails
}

func TestEverybodyGetsEverythingInOrder(t *testing.T) {
	l := Log{Keep: true}
	l.Start(1, nil)
	early := newClient()
	l.Read(early, 1)
	say(&l, 3)
	late := newClient()
	l.Read(late, 1)
	resumed := newClient()
	l.Read(resumed, 3)
	beyond := newClient()
	l.Read(beyond, 100)
	say(&l, 2)
	l.Append(event(l.Next()))
	l.End()
	after := newClient()
	l.Read(after, 5)
	early.expect(t, 1, 7, true)
	late.expect(t, 1, 7, true)
	resumed.expect(t, 3, 7, true)
	beyond.expect(t, 4, 7, true)
	after.expect(t, 5, 7, true)
	if early.writes[len(early.writes)-1] != "6;" {
		t.Errorf("the last event and the end came apart: %q", early.writes)
	}
	if l.Readers() != 0 || string(l.Held()) != span(1, 7) {
		t.Errorf("%d readers, %q", l.Readers(), l.Held())
	}
}

func TestASlowReaderHoldsUpNobody(t *testing.T) {
	l := Log{Slack: 100}
	slow, quick := newClient(), newClient()
	slow.room = 4
	r := l.Read(slow, 0)
	l.Read(quick, 0)
	say(&l, 2)
	say(&l, 3)
	quick.expect(t, 0, 5, false)
	slow.expect(t, 0, 2, false)
	if got := string(l.Held()); got != span(2, 5) {
		t.Errorf("held %q", got)
	}
	l.End()
	quick.expect(t, 0, 5, true)
	slow.expect(t, 0, 2, false)
	slow.room = -1
	r.Resume()
	slow.expect(t, 0, 5, true)
	if l.Readers() != 0 || l.Size() != 0 {
		t.Errorf("%d readers, %d bytes", l.Readers(), l.Size())
	}
}

func TestWhoIsTooFarBehindIsCutOff(t *testing.T) {
	left := 0
	l := Log{Slack: 10, OnLeave: func() { left++ }}
	slow, quick := newClient(), newClient()
	slow.room = 2
	l.Read(slow, 0)
	l.Read(quick, 0)
	for range 6 {
		say(&l, 1)
	}
	if slow.aborted {
		t.Fatal("cut off within its slack")
	}
	say(&l, 1)
	if !slow.aborted || left != 1 || l.Readers() != 1 || l.Size() != 0 {
		t.Errorf("aborted %v, left %d, %d readers, %d bytes", slow.aborted, left, l.Readers(), l.Size())
	}
	quick.expect(t, 0, 7, false)
	// What was dropped cannot be had any more.
	late := newClient()
	l.Read(late, 0)
	if !late.aborted || left != 2 {
		t.Errorf("aborted %v, left %d", late.aborted, left)
	}
}

func TestWhoIsFarBehindGoesOnFromThePast(t *testing.T) {
	past := &shelf{}
	l := Log{Past: past, Slack: 10}
	slow := newClient()
	slow.room = 4
	r := l.Read(slow, 0)
	for range 20 {
		past.next++
		say(&l, 1)
	}
	if l.Size() > 10 {
		t.Errorf("%d bytes held", l.Size())
	}
	slow.room = -1
	r.Resume()
	slow.expect(t, 0, 20, false)
	past.next++
	say(&l, 1)
	l.End()
	slow.expect(t, 0, 21, true)
}

func TestWhatNobodyReadsIsLeftToThePast(t *testing.T) {
	past := &shelf{next: 9}
	l := Log{Past: past, Slack: 100}
	l.Skip(9)
	c := newClient()
	l.Read(c, 4)
	say(&l, 1)
	c.expect(t, 4, 10, false)
	if past.asked != 3 { // two events, two more, the last one
		t.Errorf("asked %d times", past.asked)
	}
}

func TestAnEndedLogIsReadFromItsPast(t *testing.T) {
	left := 0
	l := Ended(&shelf{next: 5})
	l.OnLeave = func() { left++ }
	c := newClient()
	l.Read(c, 1)
	c.expect(t, 1, 5, true)
	none := newClient()
	l.Read(none, 7)
	none.expect(t, 0, 0, true)
	if left != 2 {
		t.Errorf("%d left", left)
	}
}

func TestAPastThatFailsEndsItsReader(t *testing.T) {
	l := Ended(&shelf{fails: errors.New("disk")})
	c := newClient()
	l.Read(c, 0)
	if !c.aborted || l.Readers() != 0 {
		t.Errorf("aborted %v, %d readers", c.aborted, l.Readers())
	}
}

func TestReadersThatLeaveAreNotCalledAgain(t *testing.T) {
	left := 0
	l := Log{Slack: 100, OnLeave: func() { left++ }}
	gone, quits, stays := newClient(), newClient(), newClient()
	l.Read(gone, 0)
	r := l.Read(quits, 0)
	l.Read(stays, 0)
	say(&l, 1)
	r.Leave()
	r.Leave()
	gone.gone = true
	say(&l, 1)
	if left != 2 || l.Readers() != 1 {
		t.Errorf("%d left, %d stay", left, l.Readers())
	}
	r.Resume()
	gone.gone = false
	say(&l, 1)
	gone.expect(t, 0, 1, false)
	quits.expect(t, 0, 1, false)
	stays.expect(t, 0, 3, false)
}

func TestPiecesAreWholeEventsWithinBounds(t *testing.T) {
	l := Log{Keep: true}
	long := strings.Repeat("x", pieceBytes+1)
	for _, event := range []string{"a", long, "b", "c", long[:pieceBytes-1], "d"} {
		l.Append([]byte(event))
	}
	c := newClient()
	l.Read(c, 0)
	want := []string{"a", long, "bc", long[:pieceBytes-1] + "d"}
	if len(c.writes) != len(want) {
		t.Fatalf("%d pieces", len(c.writes))
	}
	for i := range want {
		if c.writes[i] != want[i] {
			t.Errorf("piece %d has %d bytes, want %d", i, len(c.writes[i]), len(want[i]))
		}
	}
}

func TestMemoryIsHandedOnOnlyWhenItIsFree(t *testing.T) {
	spare := &Spare{}
	var a, b Log
	a.Keep = true
	a.Start(0, spare)
	b.Start(0, spare)
	a.Append([]byte("first"))
	b.Append([]byte("second"))
	if string(a.Held()) != "first" || string(b.Held()) != "second" {
		t.Fatalf("%q, %q", a.Held(), b.Held())
	}
	b.Send()
	b.Append([]byte("third"))
	a.Append([]byte("fourth"))
	if string(a.Held()) != "firstfourth" || string(b.Held()) != "third" {
		t.Errorf("%q, %q", a.Held(), b.Held())
	}
	if n := testing.AllocsPerRun(100, func() { b.Send(); b.Append([]byte("x")) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestAnyOrderOfReadersAndDrops compares a log with what each reader ought to get.
func TestAnyOrderOfReadersAndDrops(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		past := &shelf{}
		l := Log{Past: past, Keep: seed%3 == 0, Slack: random.IntN(40)}
		type reading struct {
			*client
			r    *Reader
			from int64
		}
		var all []reading
		for range 200 {
			switch random.IntN(6) {
			case 0:
				c := newClient()
				from := random.Int64N(l.Next() + 1)
				all = append(all, reading{c, l.Read(c, from), from})
			case 1:
				l.Drop(random.Int64N(l.Next() + 1))
			case 2, 3:
				n := random.IntN(5)
				past.next += int64(n)
				say(&l, n)
			default:
				if len(all) > 0 {
					c := all[random.IntN(len(all))]
					c.room = random.IntN(50)
					c.r.Resume()
				}
			}
		}
		l.End()
		for _, c := range all {
			c.room = -1
			c.r.Resume()
			c.expect(t, c.from, l.Next(), true)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
