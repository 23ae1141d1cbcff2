package sample

import "context"

// Work is counted in units of about ten nanoseconds and eight bytes: what it takes to write a few bytes, or to look at a member
// for a keyword. Whatever grows with a schema is paid for before it is done, so that no schema makes more than maxWork of it: some
// ten megabytes, none of which outlives the turn, and as many milliseconds. Schemas of tools need a hundredth of it.
const (
	maxWork    = 20_000 * stepWork
	stepWork   = 64 // to look at one schema
	copyWork   = 4  // for each of the schemas at one place: lists of them are copied from step to step
	memberWork = 8  // for each member of a schema: each of the keywords is looked for among them
	nameWork   = 64 // to remember a property
)

// spend pays for work.
func (m *maker) spend(units int) { m.work -= units }

// over reports whether the search has come to its end: the work is used up, the schema is broken, or nobody waits any more.
func (m *maker) over() bool {
	if m.ctx.Err() != nil && m.broken == nil {
		m.broken = context.Cause(m.ctx)
	}
	return m.work < 0 || m.broken != nil
}
