package httpfn

import (
	"log/slog"
	"net/http"

	"innkeeper/adapters/abi"
)

// Inbound is one request, next to the [http.Request].
type Inbound struct {
	// Route is the name of the route in the manifest.
	Route string
	// Values are the parameters of the route's pattern and what stands in their place.
	Values []abi.PathValue
	// RequestID is what logs know the request by.
	RequestID string
	// Passed tells that a successor has given the request back: it is taken although the instance takes no new ones.
	Passed bool
	// Body is the whole request body; it is not used after Serve returned.
	Body []byte
}

// Outcome is how an exchange ended.
type Outcome uint8

// The outcomes.
const (
	// Answered: the answer was written.
	Answered Outcome = iota
	// NotTaken: nothing was written, and the guest has not seen the request.
	NotTaken
	// Unanswered: nothing was written, and the guest may have acted on the request.
	Unanswered
	// Cut: the answer is not complete and will not be. The connection must be closed, or the client would take it for
	// complete.
	Cut
	// Passed: nothing was written, and the guest wants its predecessor to answer.
	Passed
)

// Serve brings a request to the guest and carries its answer. It returns when the exchange is over for the client: answered,
// the client gone, or the instance torn down. Several goroutines may call it.
func (f *Family) Serve(w http.ResponseWriter, r *http.Request, in Inbound) Outcome {
	ex := newExchange(f, r, in.Body)
	id, err := f.cfg.Ledger.Register(f.ctx, kindExchange, 0, "http", ex)
	if err != nil { // Register has closed it
		f.notTaken(r, in, err)
		return NotTaken
	}
	if !ex.enter(w) {
		return NotTaken
	}
	post := f.cfg.Mailbox.PostNew
	if in.Passed {
		post = f.cfg.Mailbox.Post
	}
	if err := post(abi.EventHTTPRequest, id, requestPayload(r, in)); err != nil {
		f.notTaken(r, in, err)
		f.forget(ex, id)
		ex.leave(id)
		return NotTaken
	}
	c := carrier{ex: ex, id: id, r: r, w: w}
	defer c.leave()
	return c.carry()
}

func (f *Family) notTaken(r *http.Request, in Inbound, why error) {
	f.cfg.Logger.LogAttrs(r.Context(), slog.LevelDebug, "request not taken",
		slog.String("request_id", in.RequestID), slog.Any("cause", why))
}

// forget drops a handle whose exchange is over.
func (f *Family) forget(ex *exchange, id uint32) {
	ex.mu.Lock()
	ex.close()
	ex.mu.Unlock()
	f.cfg.Ledger.Retire(kindExchange, id)
	f.cfg.Mailbox.Drop(id)
}

func requestPayload(r *http.Request, in Inbound) []byte {
	q := abi.HTTPRequest{
		Route: in.Route, Values: in.Values, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		RequestID: in.RequestID, BodySize: uint32(len(in.Body)),
	}
	return q.Append(nil)
}
