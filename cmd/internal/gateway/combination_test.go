package gateway

import (
	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"

	wt "innkeeper/runtime/module/wasmtest"
)

// path is a way in which an instance ends.
type path struct {
	name string
	// early means that the guest never says that it is ready.
	early bool
	// start puts everything into the module's start section.
	start bool
	// end is what the guest does after it has called mark.
	end func(p *puppet) wt.Code
	// reason is what the status says of the end; empty if the run was asked to end.
	reason string
	// connect and stall tell which budget the path uses up; the others are long.
	connect, stall bool
	// act is what the test does when the guest has called mark; nil: the guest ends by itself.
	act func(c *cycler) error
	// breaks makes the host panic at the mark.
	breaks bool
	// streams means that the guest answers a request with a stream before it calls mark.
	streams bool
}

func paths() []path {
	idle := func(p *puppet) wt.Code { return p.idle() }
	return []path{
		{name: "exit 0", end: func(p *puppet) wt.Code { return p.exit(0) }, reason: "exit: ended with exit code 0"},
		{name: "exit 75", end: func(p *puppet) wt.Code { return p.exit(75) }, reason: "exit: ended with exit code 75"},
		{name: "trap", end: func(*puppet) wt.Code { return wt.Unreachable }, reason: "trap: wasm error: unreachable"},
		{name: "trap in start section", early: true, start: true, end: func(*puppet) wt.Code { return wt.Unreachable }, reason: "trap: wasm error: unreachable"},
		{name: "failed connect", early: true, reason: "upstream_down: no route", end: func(p *puppet) wt.Code {
			return p.must(0, p.host("lifecycle.fail", p.text("upstream_down"), wt.I32Const(1), p.text("no route"))) + p.exit(75)
		}},
		{name: "connect timeout", early: true, connect: true, end: idle, reason: "connect_timeout: "},
		{name: "stall", stall: true, end: func(*puppet) wt.Code { return wt.Forever(wt.Nop) }, reason: "stall: "},
		{name: "host panic", end: idle, breaks: true, reason: "host_panic: host function broke"},
		{name: "operator restart", end: idle, act: (*cycler).restart},
		{name: "reload", end: idle, act: (*cycler).reload},
		{name: "disconnect", streams: true, end: func(p *puppet) wt.Code { return p.await(abi.EventHTTPGone) + p.exit(75) },
			reason: "exit: ended with exit code 75", act: func(c *cycler) error { return c.disconnect() }},
	}
}

// left is what a guest leaves open.
type left struct {
	name  string
	leave func(p *puppet) wt.Code
	// kinds are the handles that are open then.
	kinds []ledger.Kind
	// asked means that a request must reach the guest.
	asked bool
}

func lefts() []left {
	connection, statement := sqlitefn.KindConnection, sqlitefn.KindStatement
	return []left{
		{name: "connection", kinds: []ledger.Kind{connection}, leave: (*puppet).openDatabase},
		{name: "connection + statement", kinds: []ledger.Kind{connection, statement}, leave: func(p *puppet) wt.Code {
			return p.openDatabase() + p.prepare("SELECT name FROM sqlite_schema UNION ALL SELECT 'row'") + p.step(100)
		}},
		{name: "open transaction", kinds: []ledger.Kind{connection}, leave: func(p *puppet) wt.Code {
			// The transaction of the generation before must not hold its lock any more.
			return p.openDatabase() + p.exec("CREATE TABLE IF NOT EXISTS t(x); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)")
		}},
		{name: "exchange", kinds: []ledger.Kind{httpfn.KindExchange}, asked: true, leave: func(p *puppet) wt.Code {
			return p.await(abi.EventHTTPRequest)
		}},
		{name: "agent turn", kinds: []ledger.Kind{agentfn.KindTurn}, leave: (*puppet).ask},
	}
}

const puppetName = "puppet"

// combination is one row of the table.
type combination struct {
	path
	left left
}

// asked reports whether a request reaches the guest. None does before it is ready, so a guest that is to leave an exchange
// open on its way to a failed connect says so first; one that is never to connect cannot have one.
func (c combination) asked() bool { return c.left.asked && !c.connect || c.streams }

// module is the guest of the combination.
func (c combination) module() *puppet {
	p := newPuppet()
	var body wt.Code
	if !c.left.asked {
		body += c.left.leave(p)
	}
	if !c.early || c.asked() {
		body += p.ready()
	}
	switch {
	case c.streams:
		body += p.await(abi.EventHTTPRequest)
		body += p.must(0, p.host("http.begin", p.eventHandle(), wt.I32Const(200), p.text("content-type: text/plain\n")))
		body += p.must(0, p.host("http.write", p.eventHandle(), p.text("one piece\n")))
	case c.asked():
		body += c.left.leave(p)
	}
	body += p.mark() + c.end(p)
	if !c.start {
		return p.main(body)
	}
	p.b.StartSection(p.b.Func("", "", "", "", body))
	return p.main()
}

// mark is the call by which a puppet says that it has everything open. The harness intercepts it.
func (p *puppet) mark() wt.Code {
	return p.must(0, p.host("config.read", wt.I32Const(p.events), wt.I32Const(eventBytes)))
}

// hasty reports whether a busy machine may end the guest before it comes to its mark. Such an end counts all the same.
func (c combination) hasty() bool { return c.connect || c.stall }
