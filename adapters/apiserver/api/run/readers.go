package run

import "slices"

// Sink is one reader of a run. It is known by its identity, so it has to be a pointer.
type Sink interface {
	// Send gets the events of one step. False means that the reader is gone: it is not called again.
	Send(Batch) bool
	// End is the last call of a run that has come to its end, with the events of the last step, which may be none.
	End(last Batch)
}

// Readers are those who read along. The zero value has none.
type Readers struct{ sinks []Sink }

// Len is how many there are.
func (r *Readers) Len() int { return len(r.sinks) }

// Add adds a reader, which gets what comes from now on.
func (r *Readers) Add(s Sink) { r.sinks = append(slices.Clip(r.sinks), s) }

// Remove takes a reader out, without a word to it. It may be called while events are sent.
func (r *Readers) Remove(s Sink) {
	i := slices.Index(r.sinks, s)
	if i < 0 {
		return
	}
	r.sinks = append(slices.Clone(r.sinks[:i]), r.sinks[i+1:]...)
}

// Send gives a batch to everybody and takes out who is gone. An empty batch goes to nobody.
func (r *Readers) Send(b Batch) {
	if len(b) == 0 {
		return
	}
	for _, s := range r.sinks {
		if !s.Send(b) {
			r.Remove(s)
		}
	}
}

// End tells everybody that the run has ended, and lets go of them.
func (r *Readers) End(last Batch) {
	sinks := r.sinks
	r.sinks = nil
	for _, s := range sinks {
		s.End(last)
	}
}
