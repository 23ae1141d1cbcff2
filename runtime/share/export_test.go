package share

// OnYield has a guest that lets other threads run call f instead.
func (t *Turns) OnYield(f func()) { t.yield = f }
