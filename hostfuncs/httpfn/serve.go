package httpfn

import (
	"errors"
	"log/slog"
	"net/http"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
)

var _ backend.Backend = (*Family)(nil)

// Serve brings a request to the guest and carries its answer. It returns when the exchange is over for the client: answered,
// the client gone, the time for an answer over, or the instance torn down. Several goroutines may call it.
func (f *Family) Serve(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	ex, id, err := f.register(r, in)
	if err != nil {
		f.notTaken(r, in, err)
		return backend.NotTaken
	}
	if !ex.enter(id, w) {
		return backend.NotTaken
	}
	post := f.cfg.Mailbox.PostNew
	if in.Passed {
		post = f.cfg.Mailbox.PostPassed
	}
	if err := post(abi.EventHTTPRequest, id, requestPayload(r, in), in.Keyed); err != nil {
		f.notTaken(r, in, err)
		f.drop(ex, id)
		ex.leave()
		return backend.NotTaken
	}
	responder := responder{ex: ex, r: r, w: w}
	defer responder.leave()
	return responder.respond()
}

// register gives a request a handle. If the guest has too many, those whose clients are gone make room, the oldest first.
func (f *Family) register(r *http.Request, in backend.Inbound) (*exchange, uint32, error) {
	for {
		ex := newExchange(f, r, in)
		id, err := f.cfg.Ledger.Register(f.ctx, KindExchange, 0, "http", ex) // closes it if it fails
		full := errors.Is(err, ledger.ErrKindQuota) || errors.Is(err, ledger.ErrQuota)
		if !full || !f.abandonOldest() {
			return ex, id, err
		}
	}
}

func (f *Family) notTaken(r *http.Request, in backend.Inbound, why error) {
	f.cfg.Logger.LogAttrs(r.Context(), slog.LevelDebug, "request not taken",
		slog.String("request_id", in.RequestID), slog.Any("cause", why))
}

// drop closes the handle of an exchange that the guest has not seen.
func (f *Family) drop(ex *exchange, id uint32) {
	ex.mu.Lock()
	ex.close()
	ex.mu.Unlock()
	f.cfg.Ledger.Retire(id)
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
