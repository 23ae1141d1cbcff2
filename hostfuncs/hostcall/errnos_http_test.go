package hostcall_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
)

// inbound is an exchange that a guest has heard of.
type inbound struct {
	*bench
	*httpfn.Family
	exchange uint32
	leave    context.CancelFunc
}

// stuck is the writer of a client that takes nothing until it leaves.
type stuck struct {
	header http.Header
	gone   <-chan struct{}
}

func (s stuck) Header() http.Header { return s.header }
func (s stuck) WriteHeader(int)     {}
func (s stuck) FlushError() error   { return nil }
func (s stuck) Write([]byte) (int, error) {
	<-s.gone
	return 0, context.Canceled
}

// arrive brings a request to a family with small bounds.
func arrive(t *testing.T) *inbound {
	t.Helper()
	return arriveWith(t, nil)
}

func arriveWith(t *testing.T, headers http.Header) *inbound {
	t.Helper()
	b := newBench(t, ledger.Quota{})
	in := &inbound{bench: b, Family: httpfn.New(b.core.Context, httpfn.Config{
		Ledger: b.core.Ledger, Mailbox: b.core.Mailbox, Logger: b.core.Logger,
		HighWater: 4, AnswerBytes: 64, AnswersBytes: 32, HeaderBytes: 32,
	})}
	ctx, leave := context.WithCancel(t.Context())
	in.leave = leave
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	maps.Copy(r.Header, headers)
	served := make(chan backend.Outcome, 1)
	go func() { served <- in.Serve(stuck{http.Header{}, ctx.Done()}, r, backend.Inbound{}) }()
	t.Cleanup(func() {
		leave()
		<-served
	})
	in.exchange = in.await(t, abi.EventHTTPRequest)
	return in
}

// await fetches the next event, which must be of the kind.
func (in *inbound) await(t *testing.T, kind abi.EventKind) (handle uint32) {
	t.Helper()
	buffer := make([]byte, 1<<10)
	if _, err := in.core.Mailbox.Wait(t.Context(), -1); err != nil {
		t.Fatal(err)
	}
	n, _ := in.core.Mailbox.Recv(buffer)
	got, handle, _, _ := abi.CutEvent(buffer[:n])
	if got != kind {
		t.Fatalf("event %#x, want %#x", got, kind)
	}
	return handle
}

func (in *inbound) begin() { in.Begin(in.exchange, 200, nil) }

func httpFaults() map[fault]provocation {
	after := func(before func(in *inbound), call func(in *inbound) int32) provocation {
		return func(t *testing.T) int32 {
			in := arrive(t)
			if before != nil {
				before(in)
			}
			return call(in)
		}
	}
	respond := func(status uint32, headers string, body int) func(in *inbound) int32 {
		return func(in *inbound) int32 { return in.Respond(in.exchange, status, []byte(headers), make([]byte, body)) }
	}
	begin := func(status uint32, headers string) func(in *inbound) int32 {
		return func(in *inbound) int32 { return in.Begin(in.exchange, status, []byte(headers)) }
	}
	write := func(size int) func(in *inbound) int32 {
		return func(in *inbound) int32 { return in.Write(in.exchange, make([]byte, size)) }
	}
	upgrade := func(in *inbound) int32 { return in.Upgrade(in.exchange, nil) }
	end := func(in *inbound) int32 { return in.End(in.exchange) }
	pass := func(in *inbound) int32 { return in.Pass(in.exchange) }
	long := "x: " + string(make([]byte, 40)) + "\n"
	faults := map[fault]provocation{
		{"http.header", abi.ENOENT}:    after(nil, func(in *inbound) int32 { return in.Header(in.exchange, []byte("x-none"), nil) }),
		{"http.respond", abi.EINVAL}:   after(nil, respond(99, "", 0)),
		{"http.respond", abi.EEXIST}:   after((*inbound).begin, respond(200, "", 0)),
		{"http.respond", abi.EMSGSIZE}: after(nil, respond(200, "", 65)),
		{"http.respond", abi.ENOMEM}:   after(nil, respond(200, "", 40)),
		{"http.begin", abi.EEXIST}:     after((*inbound).begin, begin(200, "")),
		{"http.begin", abi.EINVAL}:     after(nil, begin(200, "no colon\n")),
		{"http.begin", abi.EMSGSIZE}:   after(nil, begin(200, long)),
		{"http.upgrade", abi.EINVAL}:   after(nil, upgrade),
		{"http.upgrade", abi.EEXIST}:   after((*inbound).begin, upgrade),
		{"http.write", abi.EINVAL}:     after(nil, write(1)),
		{"http.write", abi.EMSGSIZE}:   after((*inbound).begin, write(65)),
		{"http.write", abi.ENOMEM}:     after((*inbound).begin, write(40)),
		{"http.write", abi.EAGAIN}:     after(func(in *inbound) { in.begin(); write(4)(in) }, write(4)),
		{"http.end", abi.EINVAL}:       after(nil, end),
		{"http.pass", abi.ENOENT}:      after(nil, pass),
		{"http.pass", abi.EEXIST}:      after((*inbound).begin, pass),
	}
	for name, call := range map[string]func(in *inbound) int32{
		"header": func(in *inbound) int32 { return in.Header(in.exchange, []byte("host"), nil) }, "respond": respond(200, "", 0),
		"headers": func(in *inbound) int32 { return in.Headers(in.exchange, nil) }, "begin": begin(200, ""), "write": write(1),
		"body": func(in *inbound) int32 { return in.Body(in.exchange, nil) }, "upgrade": upgrade, "end": end, "pass": pass,
	} {
		faults[fault{"http." + name, abi.EPIPE}] = func(t *testing.T) int32 {
			in := arrive(t)
			in.leave()
			in.await(t, abi.EventHTTPGone)
			return call(in)
		}
	}
	return faults
}
