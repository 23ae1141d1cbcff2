package httpfn

import (
	"log/slog"
	"net/http"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/front/backend"
)

var _ backend.Backend = (*Family)(nil)

// Serve brings a request to the guest and carries its answer. It returns when the exchange is over for the client: answered,
// the client gone, or the instance torn down. Several goroutines may call it.
func (f *Family) Serve(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	ex := newExchange(f, r, in.Body)
	id, err := f.cfg.Ledger.Register(f.ctx, kindExchange, 0, "http", ex)
	if err != nil { // Register has closed it
		f.notTaken(r, in, err)
		return backend.NotTaken
	}
	if !ex.enter(w) {
		return backend.NotTaken
	}
	post := f.cfg.Mailbox.PostNew
	if in.Passed {
		post = f.cfg.Mailbox.Post
	}
	if err := post(abi.EventHTTPRequest, id, requestPayload(r, in)); err != nil {
		f.notTaken(r, in, err)
		f.forget(ex, id)
		ex.leave(id)
		return backend.NotTaken
	}
	c := carrier{ex: ex, id: id, r: r, w: w}
	defer c.leave()
	return c.carry()
}

func (f *Family) notTaken(r *http.Request, in backend.Inbound, why error) {
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

func requestPayload(r *http.Request, in backend.Inbound) []byte {
	q := abi.HTTPRequest{
		Route: in.Route, Values: pathValues(in.Values), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		RequestID: in.RequestID, BodySize: uint32(len(in.Body)),
	}
	return q.Append(nil)
}

func pathValues(values []backend.Value) []abi.PathValue {
	if len(values) == 0 {
		return nil
	}
	list := make([]abi.PathValue, len(values))
	for i, v := range values {
		list[i] = abi.PathValue(v)
	}
	return list
}
