package sample

import "context"

// Work is counted in units of about ten nanoseconds: what it takes to write a byte, or to look at a member for a keyword. Whatever
// grows with a schema is paid for before it is done, so that no schema makes more than maxWork of it.
const (
	maxWork    = 50_000 * stepWork
	stepWork   = 64 // to look at one schema
	memberWork = 8  // for each of its members: each of the keywords is looked for among them
	nameWork   = 16 // to remember a property
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
