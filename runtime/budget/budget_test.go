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
