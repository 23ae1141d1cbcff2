package module

// Go has jumps and WebAssembly has none, so Go's compiler puts the blocks of a
// function into arms of one loop and jumps by number:
//
//	loop
//	  block block block            ;; the arms; the innermost ends first
//	    local.get $pc
//	    br_table 0 1 2             ;; jump to the end of an arm
//	  end  …code of 0…
//	  end  …  i32.const 2  local.set $pc  br $loop  …
//	  end  …code of 2…
//	end
//
// Seen as a branch to the head of a loop, every jump would tick, forward ones
// too, which are most of them. But a branch that follows directly on setting
// $pc to a constant goes where the table says, and if that arm is still open
// where the branch stands, then its end lies ahead: the jump moves forward in
// the text. Such jumps need no tick; all others do.

// dispatch is a loop of that form.
type dispatch struct {
	local uint32   // $pc
	table []uint32 // label for each number, the default last
	arms  int
	ahead int // arms that the reader has not met yet
	open  int // arms whose end lies ahead
}

// forward reports whether a branch to the head of the loop, right after set, only
// moves forward in the text.
func (d *dispatch) forward(set constantSet) bool {
	if d == nil || !set.done || set.local != d.local {
		return false
	}
	number := min(uint64(uint32(set.value)), uint64(len(d.table)-1))
	arm := int64(d.table[number])
	return arm < int64(d.arms) && arm >= int64(d.arms-d.open)
}

// findDispatch looks ahead from a loop for arms, $pc and the table.
func (w *bodyWriter) findDispatch() *dispatch {
	if !w.in.void {
		return nil
	}
	r, d := w.r, &dispatch{}
	in := instr{labels: nil}
	for r.instr(&in); in.op == opBlock && in.void && r.err == nil; r.instr(&in) {
		d.arms++
	}
	if d.arms == 0 || in.op != opLocalGet || r.err != nil {
		return nil
	}
	d.local = in.index
	if r.instr(&in); in.op != opBrTable || r.err != nil {
		return nil
	}
	d.table, d.ahead, d.open = in.labels, d.arms, d.arms
	return d
}

// nextArm claims the block that opens now as an arm, or returns nil when all
// are open: they stand directly behind the loop, with nothing between them.
func (d *dispatch) nextArm() *dispatch {
	if d.ahead == 0 {
		return nil
	}
	d.ahead--
	return d
}

// constantSet remembers "i32.const value, local.set local" if these were the
// last two instructions.
type constantSet struct {
	constant bool // the last instruction was i32.const
	done     bool // the last two set the local
	value    int32
	local    uint32
}

func (c *constantSet) note(in *instr) {
	c.done = c.constant && in.op == opLocalSet
	c.constant = in.op == opI32Const
	switch {
	case c.constant:
		c.value = in.value
	case c.done:
		c.local = in.index
	}
}
