package engine

// OnHeap makes the program's guests live on Go's heap, as they do where there are no mappings, to compare the two.
func (p *Program) OnHeap() { p.newBlock = newHeapBlock }
