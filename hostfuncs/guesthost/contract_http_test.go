package guesthost_test

import (
	"fmt"
	"time"

	"innkeeper/adapters/sdk/sdktest"
)

func playNoHandle(p *play) {
	for _, handle := range []uint32{0, 7, 1 << 31} {
		p.result("header", p.HTTP.Header(handle, []byte("a"), nil))
		p.result("headers", p.HTTP.Headers(handle, nil))
		p.result("body", p.HTTP.Body(handle, nil))
		p.result("respond", p.HTTP.Respond(handle, 200, nil, nil))
		p.result("begin", p.HTTP.Begin(handle, 200, nil))
		p.result("upgrade", p.HTTP.Upgrade(handle, nil))
		p.result("write", p.HTTP.Write(handle, nil))
		p.result("end", p.HTTP.End(handle))
		p.result("pass", p.HTTP.Pass(handle))
		p.result("abort", p.HTTP.Abort(handle))
		p.result("cancel", p.Agent.Cancel(handle))
	}
}

func playRequest(p *play) {
	p.sized("routes", p.HTTP.Routes)
	v := p.request(sdktest.Request{
		Route: "a", Values: map[string]string{"id": "1 2"}, Method: "POST", Path: "/a/1", Query: "x=%20", ID: "req", Body: "the body",
		Headers: map[string]string{"accept": "text/plain", "x-b": "c", "authorization": "secret"},
	})
	p.sized("body", func(b []byte) int32 { return p.HTTP.Body(p.handle, b) })
	p.sized("headers", func(b []byte) int32 { return p.HTTP.Headers(p.handle, b) })
	for _, name := range []string{"accept", "Accept", "X-B", "authorization", "none", ""} {
		p.sized("header "+name, func(b []byte) int32 { return p.HTTP.Header(p.handle, []byte(name), b) })
	}
	p.result("respond", p.HTTP.Respond(p.handle, 201, []byte("x-a: 1\n"), []byte("made")))
	p.result("respond again", p.HTTP.Respond(p.handle, 200, nil, nil))
	p.note("%s", v.answer())
	p.none()
}

func playRefusals(p *play) {
	v := p.request(sdktest.Request{})
	for _, status := range []uint32{0, 100, 101, 199, 600, 1 << 31} {
		p.result(fmt.Sprint("respond ", status), p.HTTP.Respond(p.handle, status, nil, nil))
		p.result(fmt.Sprint("begin ", status), p.HTTP.Begin(p.handle, status, nil))
	}
	p.result("respond", p.HTTP.Respond(p.handle, 599, nil, nil))
	p.note("%s", v.answer())
}

func playHeaderBlocks(p *play) {
	v := p.request(sdktest.Request{})
	for _, block := range []string{
		"x-a", "x-a\n", ": 1\n", "x a: 1\n", "x-a: 1\r\n", "x-a: \x01\n", "x-a: 1\n\n", "content-length: 1\n", "Connection: close\n", "x-\u00fc: 1\n",
	} {
		p.result(fmt.Sprintf("respond with %q", block), p.HTTP.Respond(p.handle, 200, []byte(block), nil))
		p.result(fmt.Sprintf("begin with %q", block), p.HTTP.Begin(p.handle, 200, []byte(block)))
	}
	p.result("begin", p.HTTP.Begin(p.handle, 200, []byte("x-a: \t\u00fc\ny:")))
	p.result("end", p.HTTP.End(p.handle))
	p.note("%s", v.answer())
}

func playStream(p *play) {
	v := p.request(sdktest.Request{})
	p.result("begin", p.HTTP.Begin(p.handle, 202, []byte("x-a: 1\n")))
	for _, piece := range []string{"one ", "", "two"} {
		p.result("write", p.HTTP.Write(p.handle, []byte(piece)))
	}
	p.result("end", p.HTTP.End(p.handle))
	p.result("write after the end", p.HTTP.Write(p.handle, nil))
	p.note("%s", v.answer())
	p.none()
}

func playOrder(p *play) {
	v := p.request(sdktest.Request{})
	p.result("write before begin", p.HTTP.Write(p.handle, []byte("x")))
	p.result("end before begin", p.HTTP.End(p.handle))
	p.result("begin", p.HTTP.Begin(p.handle, 200, nil))
	p.result("begin again", p.HTTP.Begin(p.handle, 200, nil))
	p.result("respond", p.HTTP.Respond(p.handle, 200, nil, nil))
	p.result("upgrade", p.HTTP.Upgrade(p.handle, nil))
	p.result("end", p.HTTP.End(p.handle))
	p.note("%s", v.answer())
}

func playSilence(p *play) {
	for _, r := range []struct {
		method string
		status uint32
	}{{"HEAD", 200}, {"GET", 204}, {"GET", 304}} {
		v := p.request(sdktest.Request{Method: r.method})
		p.result("begin", p.HTTP.Begin(p.handle, r.status, nil))
		p.result("write", p.HTTP.Write(p.handle, []byte("x")))
		p.result("end", p.HTTP.End(p.handle))
		p.note("%s", v.answer())
	}
}

func playSlowClient(p *play) {
	v := p.request(sdktest.Request{})
	p.result("begin", p.HTTP.Begin(p.handle, 200, nil))
	v.stall()
	piece := make([]byte, 64<<10)
	for tries := 0; ; tries++ { // how many pieces are taken before is the host's affair
		result := p.HTTP.Write(p.handle, piece)
		if result != 0 || tries == 1000 {
			p.result("write to a slow client", result)
			break
		}
	}
	v.resume()
	p.event()
	p.result("write", p.HTTP.Write(p.handle, []byte("x")))
	p.result("end", p.HTTP.End(p.handle))
	p.none()
}

func playLeave(p *play) {
	for _, last := range []struct {
		name string
		call func(uint32) int32
	}{
		{"respond", func(h uint32) int32 { return p.HTTP.Respond(h, 200, nil, nil) }},
		{"end", p.HTTP.End},
		{"abort", p.HTTP.Abort},
	} {
		v := p.request(sdktest.Request{Body: "x", Headers: map[string]string{"upgrade": "websocket", "connection": "upgrade"}})
		v.leave()
		p.event()
		p.result("body", p.HTTP.Body(p.handle, nil))
		p.result("headers", p.HTTP.Headers(p.handle, nil))
		p.result("header", p.HTTP.Header(p.handle, []byte("upgrade"), nil))
		p.result("begin", p.HTTP.Begin(p.handle, 200, nil))
		p.result("upgrade", p.HTTP.Upgrade(p.handle, nil))
		p.result("write", p.HTTP.Write(p.handle, nil))
		p.result(last.name, last.call(p.handle))
		p.result(last.name+" again", last.call(p.handle))
	}
	p.none()
}

func playLeaveStream(p *play) {
	v := p.request(sdktest.Request{})
	p.result("begin", p.HTTP.Begin(p.handle, 200, nil))
	v.leave()
	p.event()
	p.result("write", p.HTTP.Write(p.handle, []byte("x")))
	p.result("end", p.HTTP.End(p.handle))
	p.result("end again", p.HTTP.End(p.handle))
	p.none()
}

// What waits for a handle that was closed is not delivered any more.
func playDroppedEvents(p *play) {
	v := p.request(sdktest.Request{})
	v.leave()
	p.result("an event is there", p.Event.Wait(int64(10*time.Second)))
	p.result("abort", p.HTTP.Abort(p.handle))
	p.none()
}

func playAbort(p *play) {
	v := p.request(sdktest.Request{})
	p.result("abort", p.HTTP.Abort(p.handle))
	p.result("abort again", p.HTTP.Abort(p.handle))
	p.note("%s", v.answer())
	v = p.request(sdktest.Request{})
	p.result("begin", p.HTTP.Begin(p.handle, 200, nil))
	p.result("abort", p.HTTP.Abort(p.handle))
	_ = v // how much of a begun answer its client sees is a race
	p.none()
}

func playNoWebSocket(p *play) {
	for _, r := range []sdktest.Request{
		{},
		{Headers: map[string]string{"upgrade": "websocket"}},
		{Headers: map[string]string{"upgrade": "h2c", "connection": "upgrade"}},
		{Method: "POST", Headers: map[string]string{"upgrade": "websocket", "connection": "upgrade"}},
	} {
		v := p.request(r)
		p.result("upgrade", p.HTTP.Upgrade(p.handle, nil))
		p.result("respond", p.HTTP.Respond(p.handle, 400, nil, nil))
		p.note("%s", v.answer())
	}
	v := p.request(sdktest.Request{Headers: map[string]string{"upgrade": "websocket", "connection": "upgrade", "sec-websocket-protocol": "a, b"}})
	p.result("a protocol that was not offered", p.HTTP.Upgrade(p.handle, []byte("c")))
	p.result("respond", p.HTTP.Respond(p.handle, 400, nil, nil))
	p.note("%s", v.answer())
}
