package sqlitefn

import "sync"

// Openers knows which database files this process has open: in a hand-over two instances have the same ones, and what one of
// them is writing is nothing that a crash left behind. Its zero value is ready; a nil one knows nothing.
type Openers struct {
	mu    sync.Mutex
	files map[string]int // connections by path
}

// enter notes a connection that is about to be opened, and reports whether it is the only one.
func (o *Openers) enter(path string) (alone bool) {
	if o == nil {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.files == nil {
		o.files = map[string]int{}
	}
	o.files[path]++
	return o.files[path] == 1
}

// leave notes that a connection was closed.
func (o *Openers) leave(path string) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.files[path]--; o.files[path] == 0 {
		delete(o.files, path)
	}
}
