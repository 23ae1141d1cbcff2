package module

import "innkeeper/runtime/limits"

// Why no guest runs for long without a checkpoint.
//
// A tick takes a weight from a counter and calls the checkpoint when the
// counter is used up. Ticks stand at these places, and nowhere else:
//
//  1. Backward branches: every branch to the head of a loop. (dispatch.go has
//     the one exception, a branch that moves forward in the text all the same.)
//  2. Entries of heavy functions, which are all but the light ones. A function
//     is light when its cost is at most MeterLight and it is not where the walk
//     below found a circle of calls. Its cost is the length of its body, plus
//     the cost of each light function at each place where it is called
//     directly, plus MeterLight for each call through a table, plus what
//     instructions take whose length does not tell it.
//  3. Bulk instructions of MeterBulk or more, before each stride that they
//     move, with a weight for each MeterBulkUnit of it (bulk.go).
//  4. Behind calls of heavy functions and calls through a table, if what can
//     follow in the body costs more than MeterLight.
//
// Call what a function does between two of its own ticks a stretch. Within a
// stretch control moves only forward in the text (1), so each instruction of
// the body runs at most once. A call in it leads to a heavy function, whose
// entry ticks (2); or to a light one, whose first stretch has been counted; or
// through a table to either. Light functions do not call each other in a
// circle, since the walk that decides them makes one of each circle heavy. So
// a stretch costs at most the cost of its function, which is finite and known,
// and the weight of the tick that begins it is that cost in units.
//
// It follows that between two checkpoints a guest does at most MeterBudget
// units of work, plus what had been paid for before the first of them: the rest
// of one stretch, and MeterLight for each frame on the stack (4). An endless
// run has endless ticks, be it by loops, by recursion, direct or through
// tables, or, as good as endless, by a pyramid of functions that each call the
// next one twice. Time spent in host functions is theirs to bound.
//
// It follows as well that the stack grows by at most MeterBudget times MeterUnit
// bytes between two checkpoints: the tick at the entry of a heavy function pays
// for its frame, too (entryWeight), and the light ones above it are as small
// together as their cost. A frame has a few registers of the engine's, and what is
// kept over a call: a value that takes code to make it and to use it, 16 bytes
// of stack for at least four of code, or that a call takes or gives.
const (
	meterUnit  = limits.MeterUnit
	meterLight = limits.MeterLight
	// bulkCost stands for a bulk instruction of less than limits.MeterBulk: that many bytes are moved in less time than four times
	// as many bytes of code run.
	bulkCost = limits.MeterBulk / 4
	// exitCost stands for an instruction for which the engine leaves compiled code: about 150 ns.
	exitCost = 2048
	// valueCost stands for a value that is passed to a call or comes back: an instruction of two bytes may pass a thousand.
	valueCost = 4
)

// cover says how one function is covered.
type cover struct {
	light bool   // no tick at the entry
	cost  uint64 // of the longest stretch, in bytes of code
	frame uint64 // at most how many bytes of stack a call takes
}

// weight returns what each tick of the function takes from the counter, in units.
func (c cover) weight() int32 { return int32(1 + c.cost/meterUnit) }

// entryWeight is the weight of the tick at the entry, which pays for the frame as well.
func (c cover) entryWeight() int32 { return int32(1 + (c.cost+c.frame)/meterUnit) }

// covers decides for every function with a body.
func (m *Module) covers() []cover {
	w := costWalk{
		m:      m,
		state:  make([]visit, len(m.bodies)),
		cut:    make([]bool, len(m.bodies)),
		covers: make([]cover, len(m.bodies)),
	}
	for f := range m.bodies {
		if w.state[f] == unseen {
			w.from(f)
		}
	}
	return w.covers
}

type visit byte

const (
	unseen visit = iota
	open         // on the path that is being walked
	closed       // decided
)

// costWalk goes through the call graph depth first and decides a function
// after all that it calls. One that is called from below itself is open then:
// it becomes heavy, which cuts the circle.
type costWalk struct {
	m      *Module
	state  []visit
	cut    []bool
	covers []cover
	path   []step
}

// step is a function on the path and its next callee to look at.
type step struct{ f, next int }

// from decides f and every function it reaches. It keeps its own stack, because
// the depth of calls is the guest's choice.
func (w *costWalk) from(f int) {
	w.push(f)
	for len(w.path) > 0 {
		top := &w.path[len(w.path)-1]
		if top.next == w.m.bodies[top.f].calls[1] {
			w.decide(top.f)
			w.path = w.path[:len(w.path)-1]
			continue
		}
		callee := int(w.m.callees[top.next]) - len(w.m.imports)
		top.next++
		switch {
		case callee < 0: // an import
		case w.state[callee] == unseen:
			w.push(callee)
		case w.state[callee] == open:
			w.cut[callee] = true
		}
	}
}

func (w *costWalk) push(f int) {
	w.state[f] = open
	w.path = append(w.path, step{f, w.m.bodies[f].calls[0]})
}

func (w *costWalk) decide(f int) {
	b := &w.m.bodies[f]
	size := uint64(b.end-b.start) + uint64(b.values)*valueCost
	cost := size + uint64(b.indirect)*meterLight + uint64(b.bulk)*bulkCost + uint64(b.exits)*exitCost
	for _, callee := range w.m.callees[b.calls[0]:b.calls[1]] {
		cost += w.m.callCost(w.covers, callee)
	}
	w.covers[f] = cover{light: cost <= meterLight && !w.cut[f], cost: cost, frame: limits.StackFrame + size*limits.StackPerByte}
	w.state[f] = closed
}

// callCost returns what a direct call adds to the cost of its caller: nothing when
// the callee is heavy, not decided yet, or an import.
func (m *Module) callCost(covers []cover, function uint32) uint64 {
	f := int(function) - len(m.imports)
	if f < 0 || !covers[f].light {
		return 0
	}
	return covers[f].cost
}
