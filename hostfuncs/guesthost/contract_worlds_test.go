package guesthost_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/manifest"
)

// What both worlds tell a guest.
const (
	settings    = `{"greeting":"hello"}`
	predecessor = 6
)

var routes = []string{"a", "b"}

// world is a host with one guest, and what is outside of it.
type world interface {
	host() abi.Host
	// bring sends a request.
	bring(sdktest.Request) visit
	// script is what the agent says to each turn from now on.
	script([]agent.Event)
	// endPredecessor ends the older instance.
	endPredecessor()
	// changeSettings gives the guest other settings and tells it.
	changeSettings(json string)
}

// visit is a request on its way, as its client sees it.
type visit interface {
	leave()
	stall()
	resume()
	// answer waits for the end. The client sees the header x-a only.
	answer() string
}

func describe(status int, header, body string, outcome string) string {
	return fmt.Sprintf("%d %q %q %s", status, header, body, outcome)
}

// fake is the world of sdktest.
type fake struct{ *sdktest.Host }

func newFake(*testing.T) world {
	h := sdktest.New()
	h.SetSettings(settings)
	h.SetSecret("token", true)
	h.SetSecret("other", false)
	h.SetModels(abi.AgentModel{ID: "m", OwnedBy: "o"})
	h.SetRoutes(routes...)
	h.SetPredecessor(predecessor)
	return fake{h}
}

func (f fake) host() abi.Host             { return f.ABI() }
func (f fake) endPredecessor()            { f.EndPredecessor() }
func (f fake) changeSettings(json string) { f.ChangeSettings(json) }

func (f fake) script(events []agent.Event) {
	f.OnTurn(func(t *sdktest.Turn) {
		for _, e := range events {
			switch e.Kind {
			case agent.KindText:
				t.Text(e.Text)
			case agent.KindReasoning:
				t.Reasoning(e.Text)
			case agent.KindRefusal:
				t.Refusal(e.Text)
			case agent.KindToolCall:
				t.ToolCall(e.ToolCall.Index, e.ToolCall.ID, e.ToolCall.Name, e.ToolCall.Arguments)
			case agent.KindDone:
				t.Finish()
			case agent.KindFailed:
				t.Fail(e.Failed.Status, e.Failed.Code, e.Failed.Message)
			}
		}
	})
}

func (f fake) bring(r sdktest.Request) visit { return fakeVisit{f.Request(r)} }

type fakeVisit struct{ *sdktest.Exchange }

func (v fakeVisit) leave()  { v.Leave() }
func (v fakeVisit) stall()  { v.Stall() }
func (v fakeVisit) resume() { v.Resume() }

func (v fakeVisit) answer() string {
	r := v.Response()
	outcome := "answered"
	switch {
	case !v.ended():
		outcome = "never"
	case r.Passed:
		outcome = "passed"
	case r.Aborted:
		outcome = "cut"
	}
	header := ""
	for line := range strings.Lines(r.Headers) {
		if value, ok := strings.CutPrefix(line, "x-a: "); ok {
			header = strings.TrimSpace(value)
		}
	}
	return describe(r.Status, header, r.Body, outcome)
}

// ended reports whether the exchange is over; in this world that is so when the guest's call returns.
func (v fakeVisit) ended() bool {
	select {
	case <-v.Done():
		return true
	default:
		return false
	}
}

// real is the world of the host's own families.
type real struct {
	guest  *guesthost.Guest
	says   *scripted
	lives  *atomic.Bool
	visits *sync.WaitGroup
}

// scripted is an agent that says the same to all.
type scripted struct{ events atomic.Pointer[[]agent.Event] }

func (s *scripted) Models(context.Context) []agent.Model {
	return []agent.Model{{ID: "m", OwnedBy: "o"}}
}
func (s *scripted) Close() error { return nil }

func (s *scripted) Run(ctx context.Context, _ agent.Turn, emit func(agent.Event) error) error {
	for _, e := range *s.events.Load() {
		if err := emit(e); err != nil || e.Kind.Last() {
			return err
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func newReal(t *testing.T) world {
	r := real{says: &scripted{}, lives: &atomic.Bool{}, visits: &sync.WaitGroup{}}
	r.lives.Store(true)
	asks := &manifest.Manifest{Families: []string{"http", "agent"}, HTTP: &manifest.HTTP{}}
	for _, name := range routes {
		asks.HTTP.Routes = append(asks.HTTP.Routes, manifest.Route{Name: name})
	}
	r.guest = guesthost.New(context.Background(), guesthost.Config{
		Facts: family.Facts{
			Adapter: "test", Generation: predecessor + 1, Version: "test", Secrets: map[string]bool{"token": true, "other": false},
			Manifest: asks, Drain: time.Second, MaxBody: 1 << 20, Logger: slog.New(slog.DiscardHandler),
		},
		Families: plugs(r.says), Settings: []byte(settings), Quota: ledger.Quota{Total: 100},
		Predecessor: func() uint64 {
			if r.lives.Load() {
				return predecessor
			}
			return 0
		},
	})
	t.Cleanup(func() {
		end(t, r.guest)
		r.visits.Wait()
	})
	return r
}

func (r real) host() abi.Host              { return r.guest.Host }
func (r real) script(events []agent.Event) { r.says.events.Store(&events) }
func (r real) changeSettings(json string)  { _ = r.guest.ChangeSettings([]byte(json)) }
func (r real) endPredecessor() {
	r.lives.Store(false)
	_ = r.guest.PredecessorEnded(predecessor)
}

func (r real) bring(request sdktest.Request) visit {
	ctx, leave := context.WithCancel(context.Background())
	target := request.Path
	if target == "" {
		target = "/"
	}
	q := httptest.NewRequestWithContext(ctx, request.Method, target+"?"+request.Query, nil)
	q.Host = ""
	for name, value := range request.Headers {
		q.Header.Set(name, value)
	}
	in := backend.Inbound{Route: request.Route, RequestID: request.ID, Body: []byte(request.Body)}
	for name, value := range request.Values {
		in.Values = append(in.Values, backend.Value{Name: name, Value: value})
	}
	v := &realVisit{cancel: leave, recorder: httptest.NewRecorder(), outcome: make(chan backend.Outcome, 1)}
	exchanges, _ := guesthost.Find[*httpfn.Family](r.guest)
	r.visits.Go(func() { v.outcome <- exchanges.Serve(v, q, in) })
	return v
}

// realVisit is a client that reads or does not.
type realVisit struct {
	cancel   context.CancelFunc
	outcome  chan backend.Outcome
	recorder *httptest.ResponseRecorder
	reading  sync.Mutex // held while the client does not read
	begun    bool
}

func (v *realVisit) Header() http.Header    { return v.recorder.Header() }
func (v *realVisit) WriteHeader(status int) { v.begun = true; v.recorder.WriteHeader(status) }
func (v *realVisit) Flush()                 {}
func (v *realVisit) Write(b []byte) (int, error) {
	v.reading.Lock()
	defer v.reading.Unlock()
	v.begun = true
	return v.recorder.Write(b)
}

func (v *realVisit) leave()  { v.cancel() }
func (v *realVisit) stall()  { v.reading.Lock() }
func (v *realVisit) resume() { v.reading.Unlock() }

func (v *realVisit) answer() string {
	outcome := map[backend.Outcome]string{
		backend.Answered: "answered", backend.NotTaken: "not taken", backend.Unanswered: "unanswered", backend.Cut: "cut", backend.Passed: "passed",
	}[<-v.outcome]
	status := v.recorder.Code
	if !v.begun {
		status = 0
	}
	return describe(status, v.recorder.Header().Get("x-a"), v.recorder.Body.String(), outcome)
}
