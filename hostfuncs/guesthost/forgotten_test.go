package guesthost_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

// A callback that forgot to answer kept its handle for ever: 8,600 of them made an adapter deaf that was "connected", and one of them
// made its end take the whole drain budget.
func TestForgottenExchanges(t *testing.T) {
	cfg := everything(t)
	cfg.Manifest = &manifest.Manifest{Families: []string{"http"}, HTTP: &manifest.HTTP{Routes: []manifest.Route{{Name: "forget"}, {Name: "answer"}}}}
	g := guesthost.New(context.Background(), cfg)
	defer end(t, g)
	exchanges, _ := guesthost.Find[*httpfn.Family](g)
	forgotten := make(chan struct{})
	ended := make(chan int, 1)
	go func() {
		ended <- sdk.New(g.Host).Run(func(l *sdk.Loop) error {
			l.HandleRoute("forget", func(*sdk.Exchange) { forgotten <- struct{}{} })
			l.HandleRoute("answer", func(x *sdk.Exchange) { x.RespondText(200, "still here") })
			return nil
		})
	}()
	for range 8_600 {
		ctx, leave := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		outcome := make(chan backend.Outcome, 1)
		go func() { outcome <- exchanges.Serve(httptest.NewRecorder(), r, backend.Inbound{Route: "forget"}) }()
		select {
		case <-forgotten:
		case got := <-outcome:
			t.Fatalf("not taken: %v", got)
		}
		leave()
		if got := <-outcome; got != backend.Cut {
			t.Fatalf("outcome %v", got)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if got := exchanges.Serve(w, r, backend.Inbound{Route: "answer"}); got != backend.Answered || w.Body.String() != "still here" {
		t.Errorf("outcome %v, %q", got, w.Body)
	}
	ask := abi.Shutdown{DrainMS: 10_000, Reason: "restart"}
	if err := g.Mailbox.Post(abi.EventShutdown, 0, ask.Append(nil)); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-ended:
		if code != sdk.ExitDone {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(5 * time.Second):
		t.Error("what was forgotten keeps the adapter from ending")
	}
}
