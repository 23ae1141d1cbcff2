package front

import (
	"context"
	"fmt"
)

// sharing is an address on which several sites are mounted. The first one opens it; the last one to leave closes it.
type sharing struct {
	ready    chan struct{} // closed when the socket is open, or could not be opened
	listener *listener     // set before ready is closed; nil if the socket could not be opened
	users    int           // guarded by Front.mu
}

// acquire returns the listener of a site's address.
func (f *Front) acquire(ctx context.Context, cfg *SiteConfig) (*listener, error) {
	if cfg.Mount == "" {
		return f.listen(ctx, cfg.Address, cfg.AddressLimits)
	}
	for {
		s, first := f.claim(cfg.Address)
		if first {
			return f.openShared(ctx, s, cfg)
		}
		select {
		case <-s.ready:
			if s.listener != nil {
				return s.listener, nil
			}
			// Whoever was first could not open it; perhaps only its time was up.
		case <-ctx.Done():
			if f.leave(s, cfg.Address) {
				f.retire(s.listener)
			}
			return nil, fmt.Errorf("listen[%s]: %w", cfg.Address, context.Cause(ctx))
		}
	}
}

// claim counts a user of a shared address in; first means that the caller is to open it.
func (f *Front) claim(address string) (s *sharing, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s = f.shared[address]
	if s == nil {
		s = &sharing{ready: make(chan struct{})}
		f.shared[address] = s
		first = true
	}
	s.users++
	return s, first
}

func (f *Front) openShared(ctx context.Context, s *sharing, cfg *SiteConfig) (*listener, error) {
	l, err := f.listen(ctx, cfg.Address, cfg.AddressLimits)
	f.mu.Lock()
	if err == nil {
		s.listener, l.sharing = l, s
	} else {
		delete(f.shared, cfg.Address)
	}
	f.mu.Unlock()
	close(s.ready)
	return l, err
}

// leave counts a user of a shared address out. If it was the last one, nobody finds the listener any more and its socket is
// free; the caller closes the rest.
func (f *Front) leave(s *sharing, address string) (last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.users--
	if s.users > 0 || s.listener == nil {
		return false
	}
	delete(f.shared, address)
	s.listener.stop()
	return true
}

// release gives a site's listener up and reports whether nobody else uses it.
func (f *Front) release(l *listener) (last bool) {
	return l.sharing == nil || f.leave(l.sharing, l.address)
}
