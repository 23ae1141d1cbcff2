package budget

import (
	"sync"
	"testing"
)

func TestTakesAllOrNothing(t *testing.T) {
	b := New(10)
	if !b.Take(7) || b.Take(4) || !b.Take(3) || b.Take(1) {
		t.Errorf("wrong outcome of taking 7, 4, 3 and 1 of 10: %+v", b.Use())
	}
	b.Give(3)
	if !b.Take(3) {
		t.Error("what was given back cannot be taken again")
	}
	if want := (Use{Used: 10, Limit: 10, Peak: 10, Short: 2}); b.Use() != want {
		t.Errorf("use is %+v, want %+v", b.Use(), want)
	}
}

func TestTakeWithinLeavesTheReserve(t *testing.T) {
	b := New(10)
	if b.TakeWithin(7, 4) || !b.TakeWithin(6, 4) || b.TakeWithin(1, 4) {
		t.Errorf("the reserve is not left: %+v", b.Use())
	}
	if !b.Take(4) {
		t.Error("those that the reserve is for cannot take it")
	}
}

func TestForceAndResizeGoPastTheLimit(t *testing.T) {
	b := New(10)
	b.Force(15)
	if b.Take(1) || b.Use().Peak != 15 {
		t.Errorf("there is room past the limit: %+v", b.Use())
	}
	b.Resize(20)
	if !b.Take(5) || b.Take(1) {
		t.Errorf("a new limit does not hold: %+v", b.Use())
	}
	b.Resize(1)
	b.Give(20)
	if !b.Take(1) {
		t.Errorf("nothing can be taken of what came back: %+v", b.Use())
	}
}

func TestNilHasNoBound(t *testing.T) {
	var b *Budget
	b.Force(1)
	b.Give(1)
	if !b.Take(1<<62) || b.Use() != (Use{}) {
		t.Error("a nil budget bounds something")
	}
}

// No more is taken than there is, however many ask at once, and all of it is there again at the end.
func TestManyTakeAtOnce(t *testing.T) {
	b := New(100)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 10_000 {
				if b.Take(30) {
					b.Give(30)
				}
			}
		})
	}
	group.Wait()
	if use := b.Use(); use.Used != 0 || use.Peak > 100 {
		t.Errorf("%+v after everything was given back", use)
	}
}

// Whoever waits hears of what is given back and of another limit, and misses nothing between the asking and the waiting.
func TestMore(t *testing.T) {
	var none *Budget
	if none.More() != nil {
		t.Error("nobody waits for more of what has no bound")
	}
	b := New(1)
	b.Take(1)
	told := func(more <-chan struct{}) bool {
		select {
		case <-more:
			return true
		default:
			return false
		}
	}
	one, two := b.More(), b.More()
	if b.Take(1) || told(one) {
		t.Fatal("there is no more")
	}
	b.Give(1)
	if !told(one) || !told(two) || told(b.More()) {
		t.Error("those who waited were not told once")
	}
	more := b.More()
	if b.Resize(2); !told(more) {
		t.Error("another limit was not told")
	}
	more = b.More()
	if b.Reserve(1); !told(more) {
		t.Error("another reserve was not told")
	}
	if n := testing.AllocsPerRun(100, func() { b.Take(1); b.Give(1) }); n != 0 {
		t.Errorf("%v allocations where nobody waits", n)
	}
}

// However many wait, each gets its turn.
func TestAllWhoWaitGetTheirTurn(t *testing.T) {
	b := New(2)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for more := b.More(); !b.Take(1); more = b.More() {
				<-more
			}
			b.Give(1)
		})
	}
	group.Wait()
	if b.Use().Used != 0 || b.Use().Peak > 2 {
		t.Errorf("%+v", b.Use())
	}
}
