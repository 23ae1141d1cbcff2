package httpfn

import (
	"unicode/utf8"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/handles"
)

// act runs a call on the exchange behind a handle, with the exchange locked. The handle is closed afterwards if the call says so.
func (f *Family) act(id uint32, call func(ex *exchange) (errno abi.Errno, over bool)) int32 {
	entry, err := f.cfg.Ledger.Acquire(KindExchange, id)
	if err != nil {
		return handles.Errno(err).Result()
	}
	defer entry.Release()
	ex := entry.Resource().(*exchange)
	ex.mu.Lock()
	errno, over := call(ex)
	if over {
		ex.close()
	}
	ex.mu.Unlock()
	ex.signal()
	if over {
		f.cfg.Ledger.Retire(id)
		f.cfg.Mailbox.Drop(id)
	}
	return errno.Result()
}

// goOn runs a call that goes on with an exchange: its handle stays open, whatever comes of it.
func (f *Family) goOn(id uint32, call func(ex *exchange) abi.Errno) int32 {
	return f.act(id, func(ex *exchange) (abi.Errno, bool) {
		if ex.gone {
			return abi.EPIPE, false
		}
		return call(ex), false
	})
}

// finish runs a call that ends an exchange: its handle is closed if that succeeds, and if there is no client any more. After any
// other error it is open.
func (f *Family) finish(id uint32, call func(ex *exchange) abi.Errno) int32 {
	return f.act(id, func(ex *exchange) (abi.Errno, bool) {
		if ex.gone {
			return abi.EPIPE, true
		}
		errno := call(ex)
		return errno, errno == abi.OK
	})
}

// read runs a call that looks at the request.
func (f *Family) read(id uint32, call func(ex *exchange) int32) int32 {
	entry, err := f.cfg.Ledger.Acquire(KindExchange, id)
	if err != nil {
		return handles.Errno(err).Result()
	}
	defer entry.Release()
	ex := entry.Resource().(*exchange)
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if ex.gone {
		return abi.EPIPE.Result()
	}
	return call(ex)
}

// Routes is http.routes.
func (f *Family) Routes(buffer []byte) int32 {
	return guestmem.CopyOut(buffer, f.routes)
}

// Header is http.header. EPIPE once the client left.
func (f *Family) Header(id uint32, name, buffer []byte) int32 {
	return f.read(id, func(ex *exchange) int32 {
		value, ok := requestHeader(ex.request, name)
		if !ok {
			return abi.ENOENT.Result()
		}
		return guestmem.CopyOutString(buffer, value)
	})
}

// Headers is http.headers. EPIPE once the client left.
func (f *Family) Headers(id uint32, buffer []byte) int32 {
	return f.read(id, func(ex *exchange) int32 {
		size := requestHeadersSize(ex.request)
		if size <= len(buffer) {
			appendRequestHeaders(buffer[:0], ex.request)
		}
		return int32(size)
	})
}

// Body is http.body. EPIPE once the client left.
func (f *Family) Body(id uint32, buffer []byte) int32 {
	return f.read(id, func(ex *exchange) int32 { return guestmem.CopyOut(buffer, ex.body) })
}

// Respond is http.respond. EEXIST if a stream was begun, EMSGSIZE if the answer is over the limit, ENOMEM if too much waits
// for slow clients already.
func (f *Family) Respond(id, status uint32, headers, body []byte) int32 {
	return f.finish(id, func(ex *exchange) abi.Errno {
		if errno := ex.head(status, headers); errno != abi.OK {
			return errno
		}
		switch {
		case len(body) > f.cfg.AnswerBytes:
			return abi.EMSGSIZE
		case !f.waiting.TakeFor(ex.keyed, int64(len(body))):
			return abi.ENOMEM
		}
		ex.push(body)
		ex.state = stateWhole
		return abi.OK
	})
}

// Begin is http.begin. EINVAL for a header or status that HTTP does not allow.
func (f *Family) Begin(id, status uint32, headers []byte) int32 {
	return f.goOn(id, func(ex *exchange) abi.Errno {
		errno := ex.head(status, headers)
		if errno == abi.OK {
			ex.state = stateStreaming
		}
		return errno
	})
}

// Upgrade is http.upgrade.
func (f *Family) Upgrade(id uint32, protocol []byte) int32 {
	return f.goOn(id, func(ex *exchange) abi.Errno {
		switch {
		case ex.state != stateOpen:
			return abi.EEXIST
		case !wantsSocket(ex.request, protocol):
			return abi.EINVAL
		}
		ex.ws, ex.state = &webSocket{protocol: string(protocol)}, stateStreaming // a copy of what the request offers
		return abi.OK
	})
}

// Write is http.write. EINVAL before begin; ENOMEM for a piece larger than the high-water mark while too much waits for slow
// clients.
func (f *Family) Write(id uint32, chunk []byte) int32 {
	return f.goOn(id, func(ex *exchange) abi.Errno {
		switch {
		case ex.state != stateStreaming:
			return abi.EINVAL
		case len(chunk) > f.cfg.AnswerBytes:
			return abi.EMSGSIZE
		case ex.silent, len(chunk) == 0:
			return abi.OK // there is no body to put it into, or nothing to put there
		}
		if ex.ws != nil && !utf8.Valid(chunk) {
			return abi.EINVAL // a text message is UTF-8
		}
		if errno := ex.room(len(chunk)); errno != abi.OK {
			return errno
		}
		ex.push(chunk)
		return abi.OK
	})
}

// End is http.end. EINVAL before begin.
func (f *Family) End(id uint32) int32 {
	return f.finish(id, func(ex *exchange) abi.Errno {
		if ex.state != stateStreaming {
			return abi.EINVAL
		}
		ex.state = stateEnded
		return abi.OK
	})
}

// Pass is http.pass. ENOENT without a predecessor.
func (f *Family) Pass(id uint32) int32 {
	return f.finish(id, func(ex *exchange) abi.Errno {
		switch {
		case ex.state != stateOpen:
			return abi.EEXIST
		case f.cfg.Predecessor == nil || !f.cfg.Predecessor():
			return abi.ENOENT
		}
		ex.state = statePassed
		return abi.OK
	})
}

// Abort is http.abort. It needs no client.
func (f *Family) Abort(id uint32) int32 {
	return f.act(id, func(ex *exchange) (abi.Errno, bool) {
		ex.state = stateAborted
		return abi.OK, true
	})
}
