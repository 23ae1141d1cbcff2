package front_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

// mounted is a site on the shared address.
func mounted(t testing.TB, f *front.Front, mount string, change func(cfg *front.SiteConfig)) *site {
	t.Helper()
	return open(t, f, func(cfg *front.SiteConfig) {
		cfg.Mount = mount
		if change != nil {
			change(cfg)
		}
	})
}

func TestSitesOnOneAddress(t *testing.T) {
	f := newFront(nil)
	defer f.Close(t.Context())
	a := mounted(t, f, "/a", nil)
	b := mounted(t, f, "/b", func(cfg *front.SiteConfig) { cfg.HTTP.Errors, cfg.Key = manifest.ErrorsPlain, []byte(otherKey) })
	if a.Addr().String() != b.Addr().String() || a.Mount() != "/a" {
		t.Fatalf("%s%s and %s%s", a.Addr(), a.Mount(), b.Addr(), b.Mount())
	}
	for path, want := range map[string]string{
		"/a/health":               "200 health GET /health ",
		"/b/health":               "200 health GET /health ",
		"/a/v1/responses/a%2Db c": "200 get GET /v1/responses/a-b c ",
		"/%61/health":             "200 health GET /health ",
		"/a":                      "404 application/json",
		"/a/nowhere":              "404 application/json",
		"/b/nowhere":              "404 text/plain; charset=utf-8",
		"/b/v1/responses/x":       "401 text/plain; charset=utf-8",
		"/a/open":                 "405 application/json",
		"/":                       "404 application/problem+json",
		"/c/health":               "404 application/problem+json",
		"/health":                 "404 application/problem+json",
		"//a/health":              "404 application/problem+json",
		"/ab/health":              "404 application/problem+json",
	} {
		got := ask(t, a, request{method: "GET", path: strings.ReplaceAll(path, " ", "%20")})
		text := got.Status[:4] + got.text
		if got.StatusCode != 200 {
			text = got.Status[:4] + got.Header.Get("Content-Type")
		}
		if text != want {
			t.Errorf("%s: got %q, want %q", path, text, want)
		}
		if got.StatusCode == 404 && !strings.Contains(got.text, "GET "+path+".") {
			t.Errorf("%s is not the path that was asked for: %s", path, got.text)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAMountIsGivenOnce(t *testing.T) {
	f := newFront(nil)
	defer f.Close(t.Context())
	a := mounted(t, f, "/a", nil)
	if _, err := f.Open(t.Context(), a.cfg); !errors.Is(err, front.ErrMountInUse) {
		t.Errorf("got %v", err)
	}
	b := mounted(t, f, "/b", nil)
	if err := b.Update(t.Context(), a.cfg); !errors.Is(err, front.ErrMountInUse) {
		t.Errorf("got %v", err)
	}
	ask(t, b, request{method: "GET", path: "/b/health"})
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := b.Update(t.Context(), a.cfg); err != nil {
		t.Errorf("the mount is free: %v", err)
	}
	for path, want := range map[string]int{"/a/health": 200, "/b/health": 404} {
		if got := ask(t, b, request{method: "GET", path: path}); got.StatusCode != want {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", b.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("those that were refused keep the address open")
	}
}

// The address is opened once, and closed when the last site has left it.
func TestTheLastSiteClosesTheAddress(t *testing.T) {
	f := newFront(nil)
	defer f.Close(t.Context())
	address := freeAddress(t)
	sites := make([]*site, 8)
	var group sync.WaitGroup
	for i, mount := range strings.Split("abcdefgh", "") {
		group.Go(func() {
			s, err := f.Open(t.Context(), config(func(cfg *front.SiteConfig) { cfg.Address, cfg.Mount = address, "/"+mount }))
			if err != nil {
				t.Error(err)
				return
			}
			s.Attach(backendFunc(echo))
			sites[i] = &site{Site: s}
		})
	}
	if group.Wait(); t.Failed() {
		return
	}
	c := dial(t, sites[0])
	for _, s := range sites[1:] {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	c.send(t, "GET /a/health HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := c.answer(t); got.StatusCode != 200 {
		t.Errorf("the one that is left: %d", got.StatusCode)
	}
	if err := sites[0].Close(t.Context()); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		_ = c.Close()
		t.Error("the address is still open")
	}
	mounted(t, f, "/a", func(cfg *front.SiteConfig) { cfg.Address = address })
}

// A site that cannot open the shared address must not keep another from trying, and one that was only waiting may leave.
func TestOpeningASharedAddressFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		entered, release := make(chan struct{}, 8), make(chan error)
		f := front.New(front.Config{Logger: discard(), Listen: func(ctx context.Context, _, _ string) (net.Listener, error) {
			entered <- struct{}{}
			select {
			case err := <-release:
				return network, err
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}})
		defer f.Close(t.Context())
		impatient, cancel := context.WithCancel(t.Context())
		opened := map[string]chan error{}
		enter := func(ctx context.Context, mount string) {
			opened[mount] = make(chan error, 1)
			go func() {
				_, err := f.Open(ctx, config(func(cfg *front.SiteConfig) { cfg.Mount = mount }))
				opened[mount] <- err
			}()
			synctest.Wait()
		}
		enter(impatient, "/first")
		enter(t.Context(), "/second")
		enter(impatient, "/third")
		cancel()
		for _, mount := range []string{"/first", "/third"} {
			if err := <-opened[mount]; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", mount, err)
			}
		}
		synctest.Wait()
		if len(entered) != 2 {
			t.Errorf("the socket was asked for %d times", len(entered))
		}
		release <- nil
		if err := <-opened["/second"]; err != nil {
			t.Errorf("second: %v", err)
		}
	})
}

// The end of one site cuts its own requests after a while, and no others.
func TestTheEndOfASiteCutsItsOwnRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		a, b := mounted(t, f, "/a", nil), mounted(t, f, "/b", nil)
		defer func() {
			if err := errors.Join(b.Close(t.Context()), f.Close(t.Context())); err != nil {
				t.Error(err)
			}
		}()
		streams := map[string]*raw{}
		end := make(chan struct{})
		for mount, s := range map[string]*site{"/a": a, "/b": b} {
			s.Attach(&slow{make(chan struct{}, 1), end})
			streams[mount] = network.dial()
			streams[mount].send(t, "GET "+mount+"/health HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		texts := map[string]chan error{}
		for mount, c := range streams {
			texts[mount] = make(chan error, 1)
			go func() {
				response, err := http.ReadResponse(c.in, nil)
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
				}
				texts[mount] <- err
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := a.Close(ctx); err != nil || time.Since(start) != time.Minute {
			t.Errorf("closed after %v: %v", time.Since(start), err)
		}
		if err := <-texts["/a"]; !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the client of the site got %v", err)
		}
		synctest.Wait()
		if len(texts["/b"]) != 0 {
			t.Error("the other site's stream was cut, too")
		}
		close(end)
		if err := <-texts["/b"]; err != nil {
			t.Errorf("the other site's stream: %v", err)
		}
	})
}

// What was begun at a mount that its site has left goes on, also when the last site leaves the address.
func TestTheEndOfAnAddressWaitsForMountsThatWereLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := mounted(t, f, "/a", nil)
		end := make(chan struct{})
		s.Attach(&slow{make(chan struct{}, 1), end})
		c := network.dial()
		c.send(t, "GET /a/health HTTP/1.1\r\nHost: x\r\n\r\n")
		text := make(chan error, 1)
		go func() {
			response, err := http.ReadResponse(c.in, nil)
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
			}
			text <- err
		}()
		synctest.Wait()
		s.update(t, func(cfg *front.SiteConfig) { cfg.Mount = "/b" })
		closed := make(chan error, 1)
		go func() { closed <- s.Close(t.Context()) }()
		time.Sleep(time.Second)
		synctest.Wait()
		close(end)
		if err := errors.Join(<-text, <-closed, f.Close(t.Context())); err != nil {
			t.Errorf("the stream was cut: %v", err)
		}
	})
}

// Sites share the limits of the address, and each has those of its requests.
func TestLimitsOnASharedAddress(t *testing.T) {
	f := newFront(nil)
	defer f.Close(t.Context())
	leave := make(chan struct{})
	a := mounted(t, f, "/a", func(cfg *front.SiteConfig) { cfg.Limits.Exchanges = 1 })
	b := mounted(t, f, "/b", nil)
	entered := make(chan struct{})
	a.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
		close(entered)
		<-leave
		return echo(w, r, in)
	}))
	c := dial(t, a)
	c.send(t, "GET /a/health HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	for path, want := range map[string]int{"/a/health": 429, "/b/health": 200} {
		if got := ask(t, b, request{method: "GET", path: path}); got.StatusCode != want {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	close(leave)
	c.answer(t)
	http.DefaultClient.CloseIdleConnections()
}
