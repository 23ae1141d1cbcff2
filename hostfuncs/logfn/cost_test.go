package logfn_test

import (
	"testing"
	"time"

	"innkeeper/runtime/costtest"
)

// What is over a bound is not read, and what is within is small.
func TestCostOfRecords(t *testing.T) {
	for _, shape := range append(costtest.JSON(), costtest.Broken()...) {
		for name, text := range map[string][2]string{"whole": {"", ""}, "value": {`{"a":`, "}"}} {
			t.Run(name+"/"+shape.Name, func(t *testing.T) {
				f, n, c := newFamily()
				costtest.Linear(t, costtest.Bound{Fixed: 256 << 10}, costtest.Within(text[0], shape, text[1]), func(attributes []byte) {
					for _, size := range []int{len(attributes), 8 << 10, 2 << 10} {
						c.pass(time.Minute)
						f.Write(1, attributes[:min(len(attributes), size)], attributes[:min(len(attributes), size)])
					}
					n.take()
				})
			})
		}
	}
}
