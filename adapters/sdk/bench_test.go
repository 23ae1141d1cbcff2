package sdk_test

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

// replay is a host that gives the same events b.N times and takes every answer, at no cost of its own.
type replay struct {
	abi.HTTP
	abi.Agent
	events [][]byte
	next   int
	left   int
}

func (r *replay) Recv(buffer []byte) int32 {
	if r.left == 0 {
		return abi.EAGAIN.Result()
	}
	event := r.events[r.next]
	if r.next++; r.next == len(r.events) {
		r.next = 0
		r.left--
	}
	return int32(copy(buffer, event))
}

func (r *replay) Wait(int64) int32                        { return abi.ECANCELED.Result() }
func (r *replay) Body(_ uint32, buffer []byte) int32      { return int32(copy(buffer, "hello")) }
func (r *replay) Header(_ uint32, _, buffer []byte) int32 { return int32(copy(buffer, "text/plain")) }
func (r *replay) Respond(_, _ uint32, _, _ []byte) int32  { return 0 }
func (r *replay) Start([]byte) int32                      { return 1 }
func (r *replay) run(setup func(*sdk.Loop) error)         { sdk.New(r.host()).Run(setup) }
func (r *replay) host() abi.Host {
	host := sdktest.New().ABI()
	host.Event, host.HTTP, host.Agent = r, r, r
	return host
}

func requestEvent() []byte {
	event := abi.AppendEventHeader(nil, abi.EventHTTPRequest, 1)
	request := abi.HTTPRequest{Route: "chat", Method: "POST", Path: "/v1/chat/completions", RequestID: "req-0123456789", BodySize: 5}
	return request.Append(event)
}

// One request: event, body, answer.
func BenchmarkRequest(b *testing.B) {
	b.ReportAllocs()
	host := &replay{events: [][]byte{requestEvent()}, left: b.N}
	host.run(func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) {
			body, _ := x.Body()
			x.RespondText(200, string(body))
		})
		b.ResetTimer()
		return nil
	})
}

// One piece of an answer.
func BenchmarkTurnText(b *testing.B) {
	b.ReportAllocs()
	host := &replay{events: [][]byte{append(abi.AppendEventHeader(nil, abi.EventAgentText, 1), "a word "...)}, left: b.N}
	host.run(func(l *sdk.Loop) error {
		_, err := l.StartTurn(nil, sdk.IgnoreTurn{})
		b.ResetTimer()
		return err
	})
}
