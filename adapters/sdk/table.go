package sdk

// table is what is behind the handles of one kind: a hash table with linear probing. The host counts handles up, so their
// last bits spread them well enough. A Go map costs a guest several times as much, and each event looks a handle up.
type table[T any] struct {
	slots []slot[T] // a power of two, at most half of them taken
	count int
}

// slot is empty if it has no value.
type slot[T any] struct {
	handle uint32
	value  *T
}

const tableSlots = 16

// find is the slot of a handle, or the empty one where it belongs.
func (t *table[T]) find(handle uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	at := handle & mask
	for t.slots[at].value != nil && t.slots[at].handle != handle {
		at = (at + 1) & mask
	}
	return at
}

// get is what is behind the handle, nil if nothing is.
func (t *table[T]) get(handle uint32) *T {
	if t.count == 0 {
		return nil
	}
	return t.slots[t.find(handle)].value
}

// put sets what is behind the handle.
func (t *table[T]) put(handle uint32, value *T) {
	if 2*(t.count+1) > len(t.slots) {
		t.grow()
	}
	at := t.find(handle)
	if t.slots[at].value == nil {
		t.count++
	}
	t.slots[at] = slot[T]{handle, value}
}

func (t *table[T]) grow() {
	old := t.slots
	t.slots = make([]slot[T], max(tableSlots, 2*len(old)))
	for _, s := range old {
		if s.value != nil {
			t.slots[t.find(s.handle)] = s
		}
	}
}

// remove forgets the handle. Slots behind it that would be cut off from where their handles belong move up.
func (t *table[T]) remove(handle uint32) {
	if t.get(handle) == nil {
		return
	}
	t.count--
	mask := uint32(len(t.slots) - 1)
	hole := t.find(handle)
	for at := (hole + 1) & mask; t.slots[at].value != nil; at = (at + 1) & mask {
		if (at-t.slots[at].handle)&mask >= (at-hole)&mask {
			t.slots[hole] = t.slots[at]
			hole = at
		}
	}
	t.slots[hole] = slot[T]{}
}
