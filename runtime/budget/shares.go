package budget

import "math"

// Shares are budgets that the same is taken from, such as that of one slot and that of the whole host.
type Shares []*Budget

// TakeFor takes n of every budget or of none, and reports which. Who is not trusted leaves what is set aside in each.
func (s Shares) TakeFor(trusted bool, n int64) bool {
	for i, b := range s {
		if !b.TakeFor(trusted, n) {
			s[:i].Give(n)
			return false
		}
	}
	return true
}

// Force is [Budget.Force] for all.
func (s Shares) Force(n int64) {
	for _, b := range s {
		b.Force(n)
	}
}

// Give is [Budget.Give] for all.
func (s Shares) Give(n int64) {
	for _, b := range s {
		b.Give(n)
	}
}

// Left is [Budget.Left] of the one that has the least.
func (s Shares) Left(trusted bool) int64 {
	least := int64(math.MaxInt64)
	for _, b := range s {
		least = min(least, b.Left(trusted))
	}
	return least
}
