package api

import (
	"errors"
	"slices"

	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/apiserver/api/work"
)

// runReader is a client that reads the events of a run. What it has not taken is in the run's pages, however slow it is.
type runReader struct {
	reader
	app  *app
	job  *runJob  // nil once the run has ended
	row  work.Run // then its row
	last []byte   // and its last event, if that is at hand
	next int64    // the number of the next event for this reader
}

// start sends the headers and what is there.
func (r *runReader) start() {
	r.x.OnWritable(r.pump)
	r.x.OnGone(func() {
		r.x.Abort()
		r.leave()
	})
	r.begin()
	r.pump()
}

func (r *runReader) leave() {
	if r.job == nil {
		return
	}
	if i := slices.Index(r.job.readers, r); i >= 0 {
		r.job.readers = slices.Delete(r.job.readers, i, i+1)
	}
}

// pump sends what the client takes now. What is left follows when it reads on.
func (r *runReader) pump() {
	for {
		frames, next, err := r.more()
		if err != nil {
			r.app.workFailed("events of a run not read", r.x.RequestID, err)
			r.x.Abort()
			r.leave()
			return
		}
		if len(frames) == 0 {
			break
		}
		if wait, err := r.write(frames); wait {
			return
		} else if err != nil {
			r.leave()
			return
		}
		r.next = next
	}
	if r.job == nil {
		r.end()
	}
}

// more is the next frames for the reader, and the number of the event after them; none if it has all there is.
func (r *runReader) more() (frames []byte, next int64, err error) {
	switch j := r.job; {
	case j != nil && r.next >= j.next:
		return nil, r.next, nil
	case j != nil && r.next >= j.first():
		return j.tail[j.marks[r.next-j.first()]:], j.next, nil
	case j == nil && r.next > r.row.Ended:
		return nil, r.next, nil
	}
	n := r.row.N
	if r.job != nil {
		n = r.job.row.N
	}
	last, page, ok, err := r.app.work.Page(n, r.next)
	if err != nil {
		return nil, 0, err
	}
	switch {
	case ok:
		return runs.From(page, r.next), last + 1, nil
	case r.job != nil:
		return nil, 0, errNoPage
	}
	frames, err = r.lastEvent()
	return frames, r.row.Ended + 1, err
}

// errNoPage is a page that was written and cannot be found.
var errNoPage = errors.New("run: a page of events is missing")

// lastEvent is the event that ends the run. It is not in the pages, because it may be larger than what fits there.
func (r *runReader) lastEvent() ([]byte, error) {
	if r.last != nil {
		return r.last, nil
	}
	object, ok, err := r.app.work.RunObject(&r.row)
	if err != nil || !ok {
		return nil, err
	}
	if r.app.item.Parse(object) != nil {
		return nil, nil
	}
	r.last = runs.AppendLast(nil, r.row.Ended, r.app.item.Root())
	return r.last, nil
}
