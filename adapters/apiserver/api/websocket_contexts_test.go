package api

import "testing"

func TestTheContextUsedLeastRecentlyLeavesFirst(t *testing.T) {
	var c contexts
	third := make([]byte, maxContexts/3)
	one, two, three := c.keep("1", third), c.keep("2", third), c.keep("3", third)
	c.use(one)
	four := c.keep("4", third)
	if !one.is("1") || two.is("2") || !three.is("3") || !four.is("4") || four.is("3") {
		t.Fatal("the wrong one left")
	}
	if huge := c.keep("5", make([]byte, maxContexts+1)); huge.is("5") {
		t.Error("one larger than all that is kept stayed")
	}
	for _, k := range []*kept{nil, one, one, two, three, four} {
		c.drop(k)
	}
	if c.bytes != 0 || c.uses.Len() != 0 {
		t.Errorf("%d bytes, %d left", c.bytes, c.uses.Len())
	}
	if one.is("1") || (*kept)(nil).is("") {
		t.Error("one that has left is still there")
	}
}
