package gateway

import (
	"context"
	"sync"

	"innkeeper/runtime/engine"
)

// program is the compiled form of a module, shared by the specs that would make the same of it: a restart, or a change that the
// module does not feel, starts the next generation without compiling anew. Its methods are safe on nil.
type program struct {
	*engine.Program

	mu    sync.Mutex
	users int
}

func newProgram(compiled *engine.Program) *program { return &program{Program: compiled, users: 1} }

// take counts one more user.
func (p *program) take() *program {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users++
	return p
}

// release gives the program back, and closes it with its last user.
func (p *program) release(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.users--; p.users > 0 {
		return nil
	}
	return p.Program.Close(ctx)
}
