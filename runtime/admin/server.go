package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
)

// Server answers operators. It is also the process's claim on the data folder: no two servers have the same one.
type Server struct {
	lock   *lock
	socket *socket
	http   http.Server
	served chan struct{} // closed when the accepting goroutine has ended; nil before Serve

	ctx    context.Context // of all requests
	cancel context.CancelFunc

	mu       sync.Mutex
	closed   bool
	requests sync.WaitGroup // added to under mu, never once closed
}

// Listen claims the data folder, which is made if it is not there, and opens the control socket. Callers wait in the
// system's queue until Serve. Another process with the same folder gives a [*HeldError].
func Listen(dataDir string) (*Server, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	claim, err := acquire(dataDir)
	if err != nil {
		return nil, err
	}
	opened, err := openSocket(dataDir)
	if err != nil {
		return nil, errors.Join(err, claim.release())
	}
	s := &Server{lock: claim, socket: opened}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Path returns the path of the socket.
func (s *Server) Path() string { return s.socket.path }

// Serve starts to answer in a goroutine of its own; it is called at most once. The metrics handler may be nil.
func (s *Server) Serve(controller Controller, metrics http.Handler, logger *slog.Logger) {
	s.http = http.Server{
		Handler:           s.tracked(handler(controller, metrics)),
		ReadHeaderTimeout: headTimeout,
		MaxHeaderBytes:    maxHeadBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		IdleTimeout:       idleTimeout,
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
		ConnContext:       withPlace,
	}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(&places{Listener: s.socket.Listener}); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("control socket", "error", err, "hint", "status and other commands do not reach this process any more")
		}
	}()
}

// tracked lets Close wait for the requests that run.
func (s *Server) tracked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		closed := s.closed
		if !closed {
			s.requests.Add(1)
		}
		s.mu.Unlock()
		if closed {
			answerError(w, &Problem{Code: CodeRefused, Message: "innkeeper is stopping"})
			return
		}
		defer s.requests.Done()
		next.ServeHTTP(w, r)
	})
}

// Close waits for the requests that run until ctx ends, cancels the rest and waits for it, removes the socket and gives up
// the data folder. It is safe to call again.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	if s.served != nil {
		if s.http.Shutdown(ctx) != nil {
			s.cancel()
			errs = append(errs, s.http.Close())
		}
		s.requests.Wait()
		<-s.served
	}
	s.cancel()
	return errors.Join(append(errs, s.socket.Close(), s.lock.release())...)
}
