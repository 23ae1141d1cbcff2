package api

import (
	"errors"

	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/replay"
)

// runPast is the events of a run that are in the database.
type runPast struct {
	app *app
	run *activeRun // nil if the run has ended when it was looked up
	row store.Run  // then its row
}

var _ replay.Past = (*runPast)(nil)

// errNoPage is a page that was written and cannot be found.
var errNoPage = errors.New("run: a page of events is missing")

// Events implements replay.Past.
func (p *runPast) Events(from int64) (frames []byte, next int64, err error) {
	if p.run == nil && from > p.row.Ended {
		return nil, from, nil
	}
	row := &p.row
	if p.run != nil {
		row = &p.run.row
	}
	last, page, ok, err := p.app.store.Page(row, from)
	switch {
	case err == nil && ok:
		return runs.From(page, from), last + 1, nil
	case err == nil && p.run == nil:
		frames, err = p.last()
		return frames, p.row.Ended + 1, err
	case err == nil:
		err = errNoPage
	}
	p.app.storeFailed("events of a run not read", row.ID, err)
	return nil, 0, err
}

// last is the event that ends the run. It is not in the pages, because it may be larger than what fits there.
func (p *runPast) last() ([]byte, error) {
	a := p.app
	object, ok, err := a.store.RunObject(&p.row)
	if err != nil || !ok || a.item.Parse(object) != nil {
		return nil, err
	}
	reuse(&a.out)
	a.out = runs.AppendLast(a.out, p.row.Ended, a.item.Root())
	return a.out, nil
}
