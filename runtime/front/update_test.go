package front_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

const otherKey = "another key, just as good"

// get asks for a thing over a connection that stays open.
func (c *raw) get(t *testing.T, with string) answer {
	t.Helper()
	c.send(t, "GET /v1/responses/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+with+"\r\n\r\n")
	return c.answer(t)
}

func TestTheOldKeyIsNotInForceAfterAnUpdate(t *testing.T) {
	s := start(t, nil)
	c := dial(t, s)
	if got := c.get(t, key); got.StatusCode != 200 {
		t.Fatalf("got %d", got.StatusCode)
	}
	s.update(t, func(cfg *front.SiteConfig) { cfg.Key = []byte(otherKey) })
	for with, want := range map[string]int{key: 401, otherKey: 200} {
		if got := c.get(t, with); got.StatusCode != want || got.Close {
			t.Errorf("%s on the same connection: %d, close %t", with, got.StatusCode, got.Close)
		}
		if got := dial(t, s).get(t, with); got.StatusCode != want {
			t.Errorf("%s on a new connection: %d", with, got.StatusCode)
		}
	}
}

func TestAnUpdateHoldsForTheNextRequest(t *testing.T) {
	const page = "https://app.example"
	s := start(t, nil)
	c := dial(t, s)
	send := func(text string) answer {
		c.send(t, text)
		return c.answer(t)
	}
	post := postHead + "Content-Length: 5\r\n\r\nhello"
	other := "POST /v2/things HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
	browser := "GET /health HTTP/1.1\r\nHost: x\r\nOrigin: " + page + "\r\n\r\n"
	for text, want := range map[string]int{post: 200, other: 404, browser: 403} {
		if got := send(text); got.StatusCode != want {
			t.Errorf("before: %d, want %d", got.StatusCode, want)
		}
	}
	s.update(t, func(cfg *front.SiteConfig) {
		cfg.Limits.BodyBytes = 3
		cfg.Origins = []string{page}
		cfg.HTTP.Routes = append(cfg.HTTP.Routes, manifest.Route{Name: "things", Method: "POST", Path: "/v2/things", Guard: manifest.GuardOpen})
	})
	for text, want := range map[string]int{post: 413, other: 200, browser: 200} {
		if got := send(text); got.StatusCode != want {
			t.Errorf("after: %d, want %d", got.StatusCode, want)
		}
	}
}

func TestAnUpdateThatCannotBeIsRefused(t *testing.T) {
	s := start(t, nil)
	for name, c := range map[string]struct {
		change func(cfg *front.SiteConfig)
		want   error
	}{
		"no key":          {func(cfg *front.SiteConfig) { cfg.Key = nil }, front.ErrNoKey},
		"unknown guard":   {func(cfg *front.SiteConfig) { cfg.HTTP.Routes[0].Guard = "" }, front.ErrGuard},
		"signature":       {func(cfg *front.SiteConfig) { cfg.HTTP.Routes[0].Guard = manifest.GuardSignature }, front.ErrGuard},
		"address in use":  {func(cfg *front.SiteConfig) { cfg.Address = occupied(t) }, front.ErrAddressInUse},
		"no such address": {func(cfg *front.SiteConfig) { cfg.Address = "192.0.2.1:0" }, nil},
	} {
		cfg := config(c.change)
		cfg.Limits.BodyBytes = 1
		if err := s.Update(t.Context(), cfg); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := ask(t, s, request{method: "POST", path: "/v1/responses", body: "as before"}); got.StatusCode != 200 {
			t.Errorf("%s changed something: %d %s", name, got.StatusCode, got.text)
		}
	}
}

// occupied is an address at which somebody else listens.
func occupied(t *testing.T) string {
	t.Helper()
	socket, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	return socket.Addr().String()
}

// What an HTTP server cannot change while it runs changes all the same, and a stream and a silent connection outlive that.
func TestLimitsOfTheAddressChangeUnderItsConnections(t *testing.T) {
	s := start(t, nil)
	streaming := &slow{make(chan struct{}), make(chan struct{})}
	detach := s.Attach(streaming)
	stream, idle, silent := dial(t, s), dial(t, s), dial(t, s)
	stream.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	<-streaming.begun
	detach(front.Unavailable{})
	s.Attach(backendFunc(echo))
	idle.get(t, key)
	for s.Connections() != 3 { // the kernel may still have the silent one
		runtime.Gosched()
	}

	s.update(t, func(cfg *front.SiteConfig) { cfg.AddressLimits.HeaderBytes = 8 << 10 })
	large := "GET /health HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("x", 16<<10) + "\r\n\r\n"
	for name, c := range map[string]*raw{"idle": idle, "silent": silent} {
		c.send(t, large)
		if got := c.answer(t); got.StatusCode != 200 || !got.Close {
			t.Errorf("%s connection from before: %d, close %t", name, got.StatusCode, got.Close)
		}
		if !c.closed() {
			t.Errorf("%s connection from before stays open", name)
		}
	}
	fresh := dial(t, s)
	if got := fresh.get(t, key); got.StatusCode != 200 || got.Close {
		t.Errorf("new connection: %d, close %t", got.StatusCode, got.Close)
	}
	fresh.send(t, large)
	if got := fresh.answer(t); got.StatusCode != 431 {
		t.Errorf("new connection, large head: %d", got.StatusCode)
	}
	close(streaming.end)
	if got := stream.answer(t); got.text != "begun ended" {
		t.Errorf("the stream got %q", got.text)
	}
}

func TestTheNumberOfConnectionsChanges(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site, network *memory) {
		first := network.dial()
		first.get(t, key)
		s.update(t, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 1 })
		first.get(t, key)        // nobody is thrown out
		second := network.dial() // was let in before it had to wait
		second.get(t, key)
		third := make(chan *raw)
		go func() { third <- network.dial() }()
		synctest.Wait()
		select {
		case <-third:
			t.Fatal("more connections than there may be")
		default:
		}
		s.update(t, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 3 })
		if got := (<-third).get(t, key); got.StatusCode != 200 {
			t.Errorf("got %d", got.StatusCode)
		}
	})
}

// Updates of every kind while requests come in over new and over old connections: every one is answered.
func TestUpdatesUnderLoadRefuseNobody(t *testing.T) {
	s := start(t, nil)
	stop := make(chan struct{})
	var answered atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
		group.Go(func() {
			defer client.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				response, err := client.Get("http://" + s.Addr().String() + "/health")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != 200 {
					t.Errorf("%d, %v", response.StatusCode, err)
				}
				_ = response.Body.Close()
				answered.Add(1)
			}
		})
	}
	for i := range 50 {
		for seen := answered.Load(); answered.Load() < seen+8 && !t.Failed(); {
			time.Sleep(time.Millisecond / 4)
		}
		s.update(t, func(cfg *front.SiteConfig) {
			cfg.AddressLimits.IdleTimeout = time.Duration(100+i) * time.Second
			cfg.Limits.BodyBytes = int64(1000 + i)
		})
	}
	close(stop)
	group.Wait()
}

func TestAnotherAddress(t *testing.T) {
	s := start(t, nil)
	streaming := &slow{make(chan struct{}), make(chan struct{})}
	detach := s.Attach(streaming)
	stream := dial(t, s)
	stream.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	<-streaming.begun
	detach(front.Unavailable{})
	s.Attach(backendFunc(echo))
	before := s.Addr().String()
	s.update(t, func(cfg *front.SiteConfig) { cfg.Address = freeAddress(t) })
	if s.Addr().String() == before {
		t.Fatal("the address is the same")
	}
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.StatusCode != 200 {
		t.Errorf("at the new address: %d", got.StatusCode)
	}
	if c, err := net.Dial("tcp", before); err == nil {
		_ = c.Close()
		t.Error("the old address is still open")
	}
	close(streaming.end)
	if got := stream.answer(t); got.text != "begun ended" {
		t.Errorf("the stream at the old address got %q", got.text)
	}
}

// A client that has connected may have its request under way; one that says nothing holds nothing up.
func TestARequestThatIsOnItsWayToTheOldAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		networks := map[string]*memory{"old:1": newMemory(), "new:1": newMemory()}
		f := front.New(front.Config{Logger: discard(), Listen: func(ctx context.Context, network, address string) (net.Listener, error) {
			return networks[address].listen(ctx, network, address)
		}})
		s := open(t, f, func(cfg *front.SiteConfig) { cfg.Address = "old:1" })
		c, silent := networks["old:1"].dial(), networks["old:1"].dial()
		s.update(t, func(cfg *front.SiteConfig) { cfg.Address = "new:1" })
		synctest.Wait()
		if got := c.get(t, key); got.StatusCode != 200 {
			t.Errorf("got %d", got.StatusCode)
		}
		start := time.Now()
		if !silent.closed() || time.Since(start) > time.Second {
			t.Errorf("closed after %v", time.Since(start))
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// While a name is resolved or a socket bound, a site answers, and everything can be asked of it.
func TestASlowSocketHoldsUpNothing(t *testing.T) {
	binding, bind := make(chan struct{}), make(chan struct{})
	slowly := false
	f := front.New(front.Config{Logger: discard(), Listen: func(ctx context.Context, network, address string) (net.Listener, error) {
		if slowly {
			close(binding)
			<-bind
		}
		return new(net.ListenConfig).Listen(ctx, network, address)
	}})
	defer f.Close(t.Context())
	s := open(t, f, nil)
	slowly = true
	next := config(func(cfg *front.SiteConfig) { cfg.Address, cfg.Key = freeAddress(t), []byte(otherKey) })
	updated := make(chan error, 1)
	go func() { updated <- s.Update(t.Context(), next) }()
	<-binding
	before := s.Addr().String()
	detach := s.Attach(backendFunc(echo))
	if got := dial(t, s).get(t, key); got.StatusCode != 200 {
		t.Errorf("while the socket is being bound: %d", got.StatusCode)
	}
	detach(front.Unavailable{State: "starting"})
	s.Detach(front.Unavailable{State: "backoff"})
	if s.Connections() == 0 || s.Mount() != "" {
		t.Errorf("%d connections at %q", s.Connections(), s.Mount())
	}
	s.Attach(backendFunc(echo))
	close(bind)
	if err := <-updated; err != nil || s.Addr().String() == before {
		t.Errorf("at %s, %v", s.Addr(), err)
	}
	if got := dial(t, s).get(t, otherKey); got.StatusCode != 200 {
		t.Errorf("afterwards: %d", got.StatusCode)
	}
}

// freeAddress is an address at which nobody listens any more.
func freeAddress(t *testing.T) string {
	t.Helper()
	socket, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	return socket.Addr().String()
}

// byName is the same address under another name.
func byName(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return "localhost:" + port
}

// The old socket is in the way of the new one: one for all interfaces is in the way of one for a single interface, too.
func TestAnotherNameOfTheAddress(t *testing.T) {
	s := start(t, func(cfg *front.SiteConfig) { cfg.Address = freeAddress(t) })
	c := dial(t, s)
	c.get(t, key)
	s.update(t, func(cfg *front.SiteConfig) { cfg.Address = byName(cfg.Address) })
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.StatusCode != 200 {
		t.Errorf("got %d", got.StatusCode)
	}
}

// If the new socket cannot be had even then, the site goes back to where it was.
func TestBackToTheOldAddress(t *testing.T) {
	s, refuse := fragile(t)
	refuse("localhost:")
	cfg := config(func(cfg *front.SiteConfig) { cfg.Address, cfg.Key = byName(s.cfg.Address), []byte(otherKey) })
	if err := s.Update(t.Context(), cfg); !errors.Is(err, front.ErrAddressInUse) {
		t.Fatalf("got %v", err)
	}
	if got := ask(t, s, request{method: "POST", path: "/v1/responses"}); got.StatusCode != 200 || s.Addr().String() != s.cfg.Address {
		t.Errorf("got %d at %s", got.StatusCode, s.Addr())
	}
	http.DefaultClient.CloseIdleConnections()
}

// A site that has lost its socket gets another one with the next update, whatever that is about.
func TestASiteWithoutASocketGetsOne(t *testing.T) {
	s, refuse := fragile(t)
	refuse("") // every address
	cfg := config(func(cfg *front.SiteConfig) { cfg.Address = byName(s.cfg.Address) })
	if err := s.Update(t.Context(), cfg); !errors.Is(err, front.ErrAddressInUse) {
		t.Fatalf("got %v", err)
	}
	refuse("nowhere")
	s.update(t, func(*front.SiteConfig) {})
	if got := ask(t, s, request{method: "POST", path: "/v1/responses"}); got.StatusCode != 200 || s.Addr().String() != s.cfg.Address {
		t.Errorf("got %d at %s", got.StatusCode, s.Addr())
	}
	http.DefaultClient.CloseIdleConnections()
}

// fragile is a site whose front finds the addresses with a prefix occupied, once it is told so.
func fragile(t *testing.T) (s *site, refuse func(prefix string)) {
	t.Helper()
	refused := "nowhere"
	f := front.New(front.Config{Logger: discard(), Listen: func(ctx context.Context, network, address string) (net.Listener, error) {
		if strings.HasPrefix(address, refused) {
			address = occupied(t)
		}
		return new(net.ListenConfig).Listen(ctx, network, address)
	}})
	t.Cleanup(func() { _ = f.Close(context.Background()) })
	return open(t, f, func(cfg *front.SiteConfig) { cfg.Address = freeAddress(t) }), func(prefix string) { refused = prefix }
}

// brokenSocket fails for good.
type brokenSocket struct{ *memory }

func (brokenSocket) Accept() (net.Conn, error) { return nil, errors.New("broken") }

// Callers of a socket that takes no more connections are refused at once instead of waiting for nobody.
func TestASocketThatFailedIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := front.New(front.Config{Logger: discard(), Listen: func(context.Context, string, string) (net.Listener, error) {
			return brokenSocket{network}, nil
		}})
		open(t, f, nil)
		synctest.Wait()
		select {
		case <-network.done:
		default:
			t.Error("it is still open")
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A socket that fails by itself is opened again, also one that several sites share; what is connected goes on meanwhile.
func TestASocketThatFailedIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var networks []*failing
		refusals := 0
		f := front.New(front.Config{Logger: discard(), Listen: func(context.Context, string, string) (net.Listener, error) {
			if refusals > 0 {
				refusals--
				return nil, errors.New("not yet")
			}
			networks = append(networks, &failing{newMemory(), make(chan error, 1)})
			return networks[len(networks)-1], nil
		}})
		s := open(t, f, func(cfg *front.SiteConfig) { cfg.Mount = "/one" })
		open(t, f, func(cfg *front.SiteConfig) { cfg.Mount = "/two" })
		get := func(c *raw, mount string) {
			t.Helper()
			c.send(t, "GET "+mount+"/health HTTP/1.1\r\nHost: x\r\n\r\n")
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("%s: %d", mount, got.StatusCode)
			}
		}
		before := networks[0].dial()
		get(before, "/one")
		refusals = 3
		networks[0].failure <- errors.New("broken")
		synctest.Wait()
		get(before, "/two")
		time.Sleep(limits.HTTPReopenFirst * (1 + 2 + 4 + 8))
		synctest.Wait()
		if len(networks) != 2 {
			t.Fatalf("%d sockets were opened", len(networks))
		}
		after := networks[1].dial()
		get(after, "/one")
		get(after, "/two")
		_, _ = before.Close(), after.Close()

		networks[1].failure <- errors.New("broken")
		synctest.Wait()
		refusals = 1000
		_ = s.Close(t.Context())
		start := time.Now()
		if err := f.Close(t.Context()); err != nil || time.Since(start) > time.Second { // although a socket is about to be opened again
			t.Errorf("closed after %v: %v", time.Since(start), err)
		}
	})
}

// failing is a network that fails when it is told so.
type failing struct {
	*memory
	failure chan error
}

func (f *failing) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	case err := <-f.failure:
		return nil, err
	}
}
