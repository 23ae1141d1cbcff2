package logfn

import (
	"time"
)

// What one record costs, how much may be saved, and how much must be there again for a guest that had nothing left.
// Counting time rather than records keeps it exact.
const (
	recordCost = time.Second / RecordsPerSecond
	fullCredit = Burst * recordCost
	resume     = Resume * recordCost
)

// bucket is a token bucket. Once it ran dry it gives nothing until a second's worth is back, so that a flood leaves blocks
// of records with one gap a second rather than a gap after every record.
type bucket struct {
	credit  time.Duration
	last    time.Time
	dry     bool
	dropped uint64 // since it was last said
}

func newBucket(now time.Time) bucket { return bucket{credit: fullCredit, last: now} }

// take asks for one record. If it is granted, dropped is how many were refused since the last one, for that record to say.
func (b *bucket) take(now time.Time) (dropped uint64, ok bool) {
	if passed := now.Sub(b.last); passed > 0 {
		b.credit = min(b.credit+min(passed, fullCredit), fullCredit)
	}
	b.last = now
	if b.dry && b.credit < resume || b.credit < recordCost {
		b.dry = true
		b.dropped++
		return 0, false
	}
	b.dry = false
	b.credit -= recordCost
	return b.settle(), true
}

// settle returns the number of refused records that no record has said yet, and forgets it.
func (b *bucket) settle() uint64 {
	dropped := b.dropped
	b.dropped = 0
	return dropped
}
