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
