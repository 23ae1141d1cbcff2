package budget_test

import (
	"testing"

	"innkeeper/runtime/budget"
)

func TestSharesAreTakenTogether(t *testing.T) {
	slot, host := budget.New(100), budget.New(40)
	both := budget.Shares{slot, host, nil}
	if !both.TakeFor(true, 40) || both.TakeFor(true, 1) {
		t.Error("the smaller one does not decide")
	}
	if used := slot.Use().Used; used != 40 {
		t.Errorf("%d are taken of the slot's after a refusal, want 40", used)
	}
	both.Force(5)
	both.Give(45)
	if slot.Use().Used != 0 || host.Use().Used != 0 {
		t.Errorf("left: %+v, %+v", slot.Use(), host.Use())
	}
}

func TestAPartIsForThoseWhoAreTrusted(t *testing.T) {
	b := budget.New(100)
	b.Reserve(25)
	for range 75 {
		if !b.TakeFor(false, 1) {
			t.Fatal("three quarters are for everybody")
		}
	}
	if b.TakeFor(false, 1) {
		t.Error("a stranger got the last quarter")
	}
	if !b.TakeFor(true, 25) {
		t.Error("who is trusted did not get the last quarter")
	}
}

func TestTakingAllocatesNothing(t *testing.T) {
	b := budget.Shares{budget.New(100), budget.New(100)}
	if n := testing.AllocsPerRun(100, func() {
		b.TakeFor(false, 1)
		b.Give(1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestLeftIsWhatMayBeTaken(t *testing.T) {
	small, none := budget.New(100), (*budget.Budget)(nil)
	small.Reserve(25)
	small.Take(30)
	both := budget.Shares{budget.New(1000), small, none}
	if trusted, others := both.Left(true), both.Left(false); trusted != 70 || others != 45 || small.Common() != 75 {
		t.Errorf("%d and %d are left, %d are for everybody", trusted, others, small.Common())
	}
	if !both.TakeFor(false, both.Left(false)) || both.TakeFor(false, 1) || !both.TakeFor(true, both.Left(true)) {
		t.Error("not as much as is left can be taken")
	}
	if none.Left(false) < 1<<62 || none.Common() < 1<<62 {
		t.Error("nil has a bound")
	}
}
