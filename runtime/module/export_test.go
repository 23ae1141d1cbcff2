package module

import "innkeeper/runtime/limits"

// CostOf instruments a module and returns what its code was charged for, and how many bytes that has.
func CostOf(m *Module, opt Meter) (out []byte, cost uint64, size int, err error) {
	opt.Budget = limits.MeterBudget
	w := newRewriter(m, opt)
	if out, err = w.instrument(); err != nil {
		return nil, 0, 0, err
	}
	code, _ := m.section(secCode)
	return out, w.charged.all, code.end - code.start, nil
}
