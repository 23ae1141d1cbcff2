package api

// job is a request that waits for the agent.
type job interface {
	// interrupt ends the request before its answer is complete, because the instance has to end.
	interrupt()
	// watch is what listens for the job's agent. Each job has its own, so that a request costs no memory for it.
	watch() *watched
}

// jobs is what waits for the agent, in no order. Each job knows its place, so that it is found without a map.
type jobs struct{ list []*watched }

func (s *jobs) len() int { return len(s.list) }

// has tells whether the job waits.
func (s *jobs) has(j job) bool { return j.watch().place > 0 }

func (s *jobs) add(w *watched) {
	if w.place == 0 {
		s.list = append(s.list, w)
		w.place = len(s.list)
	}
}

// remove forgets the job. The last one takes its place.
func (s *jobs) remove(j job) {
	w := j.watch()
	if w.place == 0 {
		return
	}
	end := len(s.list) - 1
	last := s.list[end]
	s.list[w.place-1], last.place = last, w.place
	s.list[end], w.place = nil, 0
	s.list = s.list[:end]
}

// each calls f for the jobs that wait now, but for those that do not any more when their turn comes: f may end jobs and start new ones.
func (s *jobs) each(f func(*watched)) {
	for _, w := range append([]*watched(nil), s.list...) {
		if w.place > 0 {
			f(w)
		}
	}
}
