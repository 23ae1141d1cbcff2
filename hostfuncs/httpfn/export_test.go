package httpfn

// Hungry is how many exchanges wait for room in the budgets.
func (f *Family) Hungry() int {
	f.hungry.mu.Lock()
	defer f.hungry.mu.Unlock()
	return f.hungry.lines[0].Len() + f.hungry.lines[1].Len()
}
