package api

import "container/list"

// maxContexts is how many bytes of conversations are kept for WebSockets, all together. A coding tool that stores nothing
// has a conversation of some hundred kilobytes, so it is enough for dozens of them; whose conversation is not kept any more
// is told so, and sends it again.
const maxContexts = 16 << 20

// contexts are conversations that are in no store, but that their connections can continue. The least recently used leaves
// first. The zero value has none.
type contexts struct {
	uses  list.List // of *kept, the one used last in front
	bytes int
}

// kept is one of them: the conversation up to and with a response.
type kept struct {
	id   string
	text []byte
	at   *list.Element // nil once it has left
}

// is reports whether it is the response of that id, and still there.
func (k *kept) is(id string) bool { return k != nil && k.at != nil && k.id == id }

// keep adds a conversation. The text is taken over.
func (c *contexts) keep(id string, text []byte) *kept {
	k := &kept{id: id, text: text}
	k.at = c.uses.PushFront(k)
	c.bytes += cap(text)
	for c.bytes > maxContexts {
		c.drop(c.uses.Back().Value.(*kept))
	}
	return k
}

// use makes it the one used last.
func (c *contexts) use(k *kept) { c.uses.MoveToFront(k.at) }

// drop takes one out. It may be nil, or have left before.
func (c *contexts) drop(k *kept) {
	if k == nil || k.at == nil {
		return
	}
	c.uses.Remove(k.at)
	c.bytes -= cap(k.text)
	k.at, k.text = nil, nil
}
