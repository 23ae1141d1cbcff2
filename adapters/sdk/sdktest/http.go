package sdktest

import (
	"unicode/utf8"

	"innkeeper/adapters/abi"
)

type httpFamily struct{ h *Host }

// with runs f on a live exchange under the lock.
func (f httpFamily) with(exchange uint32, do func(x *Exchange) int32) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	x := f.h.exchanges[exchange]
	if x == nil {
		return abi.EBADF.Result()
	}
	return do(x)
}

func (f httpFamily) Routes(buffer []byte) int32 {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	if f.h.routes == nil {
		return abi.ENOSYS.Result()
	}
	routes := abi.HTTPRoutes{Names: f.h.routes}
	return answer(buffer, routes.Append(nil))
}

// read is with for what a request says, which nobody can ask once its client has left.
func (f httpFamily) read(exchange uint32, do func(x *Exchange) int32) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		if x.gone {
			return abi.EPIPE.Result()
		}
		return do(x)
	})
}

func (f httpFamily) Header(exchange uint32, name, buffer []byte) int32 {
	return f.read(exchange, func(x *Exchange) int32 {
		value, ok := x.request.header(string(name))
		if !ok {
			return abi.ENOENT.Result()
		}
		return answer(buffer, value)
	})
}

func (f httpFamily) Headers(exchange uint32, buffer []byte) int32 {
	return f.read(exchange, func(x *Exchange) int32 { return answer(buffer, x.request.headerBlock()) })
}

func (f httpFamily) Body(exchange uint32, buffer []byte) int32 {
	return f.read(exchange, func(x *Exchange) int32 { return answer(buffer, x.request.Body) })
}

func (f httpFamily) Respond(exchange, status uint32, headers, body []byte) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		if x.gone {
			x.end()
			return abi.EPIPE.Result()
		}
		if errno := x.head(status, headers); errno != abi.OK {
			return errno.Result()
		}
		x.response = Response{Status: int(status), Headers: string(headers)}
		if !x.silent() {
			x.response.Body = string(body)
		}
		x.end()
		return 0
	})
}

func (f httpFamily) Begin(exchange, status uint32, headers []byte) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		if x.gone {
			return abi.EPIPE.Result()
		}
		if errno := x.head(status, headers); errno != abi.OK {
			return errno.Result()
		}
		x.response = Response{Status: int(status), Headers: string(headers), Streamed: true}
		x.signal()
		return 0
	})
}

// head looks at what an answer begins with.
func (x *Exchange) head(status uint32, headers []byte) abi.Errno {
	switch {
	case x.response.Streamed:
		return abi.EEXIST
	case status < 200 || status > 599, !validHeaders(string(headers)):
		return abi.EINVAL
	}
	return abi.OK
}

// silent reports whether the answer has no body. https://www.rfc-editor.org/rfc/rfc9110#name-message-body-length
func (x *Exchange) silent() bool {
	return x.request.Method == "HEAD" || x.response.Status == 204 || x.response.Status == 304
}

func (f httpFamily) Upgrade(exchange uint32, protocol []byte) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		switch {
		case x.gone:
			return abi.EPIPE.Result()
		case x.response.Streamed:
			return abi.EEXIST.Result()
		case !x.request.wantsWebSocket(string(protocol)):
			return abi.EINVAL.Result()
		}
		x.response = Response{Status: 101, Streamed: true}
		x.signal()
		return 0
	})
}

func (f httpFamily) Write(exchange uint32, chunk []byte) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		switch {
		case x.gone:
			return abi.EPIPE.Result()
		case !x.response.Streamed:
			return abi.EINVAL.Result()
		case x.silent():
			return 0
		case x.response.Status == 101 && !utf8.Valid(chunk):
			return abi.EINVAL.Result()
		case x.slow:
			x.refused = true
			return abi.EAGAIN.Result()
		case len(chunk) > 0:
			x.response.Chunks = append(x.response.Chunks, string(chunk))
			x.signal()
		}
		return 0
	})
}

func (f httpFamily) End(exchange uint32) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		if !x.response.Streamed && !x.gone {
			return abi.EINVAL.Result()
		}
		x.end()
		if x.gone {
			return abi.EPIPE.Result()
		}
		return 0
	})
}

func (f httpFamily) Pass(exchange uint32) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		switch {
		case x.gone:
			x.end()
			return abi.EPIPE.Result()
		case x.response.Streamed:
			return abi.EEXIST.Result()
		case !f.h.predecessorLives:
			return abi.ENOENT.Result()
		}
		x.response.Passed = true
		x.end()
		return 0
	})
}

func (f httpFamily) Abort(exchange uint32) int32 {
	return f.with(exchange, func(x *Exchange) int32 {
		x.response.Aborted = true
		x.end()
		return 0
	})
}
