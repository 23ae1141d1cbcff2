package gateway

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// handoverTally counts what callers saw.
type handoverTally struct {
	requests, unavailable, resets, cut, failed atomic.Int64
}

func (c *handoverTally) count(err error) {
	c.requests.Add(1)
	switch {
	case err == nil:
	case errors.Is(err, errUnavailable):
		c.unavailable.Add(1)
	case errors.Is(err, errReset):
		c.resets.Add(1)
	case errors.Is(err, errCut):
		c.cut.Add(1)
	default:
		c.failed.Add(1)
	}
}

// handoverCounts is a tally at one moment, in the order of the header.
type handoverCounts [5]int64

const header = "requests |   503 | resets | cut streams | failed work"

func (c *handoverTally) snapshot() handoverCounts {
	return handoverCounts{c.requests.Load(), c.unavailable.Load(), c.resets.Load(), c.cut.Load(), c.failed.Load()}
}

func (c handoverCounts) since(before handoverCounts) handoverCounts {
	for i := range c {
		c[i] -= before[i]
	}
	return c
}

func (c handoverCounts) bad() int64 { return c[1] + c[2] + c[3] + c[4] }

func (c handoverCounts) String() string {
	return fmt.Sprintf("%8d | %5d | %6d | %11d | %11d", c[0], c[1], c[2], c[3], c[4])
}
