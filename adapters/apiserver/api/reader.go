package api

import (
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
)

// reader is a client that reads frames which are kept: it gets them as fast as it takes them, and whoever feeds it keeps
// no copy for it.
type reader struct {
	x       *sdk.Exchange
	headers string // lines beyond those of every stream
	begun   bool
	at      int // bytes read, for whoever counts by bytes
}

// framesBytes is how much is handed to a client at once.
const framesBytes = 64 << 10

// begin sends the headers, once.
func (r *reader) begin() {
	if r.begun {
		return
	}
	r.begun = true
	// A client that has left is told of by the first write.
	_ = r.x.Begin(200, sdk.Header(streamHeaders+r.headers))
}

// write hands over whole frames. The client may have to be waited for; after an error it is gone.
func (r *reader) write(frames []byte) (wait bool, err error) {
	err = r.x.Write(frames)
	if errors.Is(err, abi.EAGAIN) {
		return true, nil
	}
	if err != nil {
		r.x.Abort()
	}
	return false, err
}

// end finishes the stream.
func (r *reader) end() {
	if r.x.End() != nil {
		r.x.Abort()
	}
}
