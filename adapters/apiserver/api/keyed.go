package api

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"time"

	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// A client that sends an Idempotency-Key with a request that starts work may send it again, after whatever went wrong, and
// gets the answer that it missed: the same id and body, also after a restart, and without a second run of the agent.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
//
// What that means in full:
//
//   - The key stands for one request: method, path, query and body. With any other it is a conflict.
//   - Requests that come while the first one is being answered share its run, streams included.
//   - Work under a key goes on when its client leaves, because the key says that the client will ask again. Without a
//     key it is cancelled.
//   - Successes are kept. A request that was refused or has failed leaves its key free, so that it can be tried again.
//   - So does work that the end of an instance cut short: nothing is known of its outcome, and the agent is asked anew.
const keyHeader = "idempotency-key"

// maxKey is the longest key, in bytes. UUIDs have 36; the common bound of services is 255.
const maxKey = 255

// replayedHeader tells a client that the answer is one that was given before.
const replayedHeader = "idempotent-replayed: true\n"

// underKey makes a handler of requests that start work honour the key. Without the header it costs one host call.
func (a *app) underKey(handle func(*sdk.Exchange)) func(*sdk.Exchange) {
	return func(x *sdk.Exchange) {
		if key, ok := x.Header(keyHeader); ok {
			a.keyed(x, key, handle)
			return
		}
		handle(x)
	}
}

// validKey tells whether a key is of visible ASCII characters. Two headers arrive joined with a space, and are none.
func validKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}

func (a *app) keyed(x *sdk.Exchange, name string, handle func(*sdk.Exchange)) {
	if !validKey(name) {
		a.refuse(x, &openai.Error{
			Status: 400, Type: openai.TypeInvalidRequest, Code: "invalid_idempotency_key", Param: "Idempotency-Key",
			Message: "The Idempotency-Key must be 1 to " + strconv.Itoa(maxKey) + " visible ASCII characters.",
		})
		return
	}
	request, ok := a.requestSum(x)
	if !ok {
		return
	}
	if t := a.keys[name]; t != nil {
		t.rejoin(x, request)
		return
	}
	now := time.Now().Unix()
	key, known, err := a.work.Key(name, now)
	switch {
	case err != nil:
		a.workBroken(x, err)
	case known && !key.Same(request):
		a.refuse(x, keyConflict())
	case known && key.State == work.KeyAnswered:
		a.replay(x, &key)
	case known && key.State == work.KeyTooLarge:
		a.refuse(x, keyTooLarge())
	default:
		a.attempt(x, name, work.Key{Request: request, At: now}, handle)
	}
}

// requestSum identifies a request. A stream differs from a plain answer by its body.
func (a *app) requestSum(x *sdk.Exchange) ([]byte, bool) {
	body, ok := a.bodyOf(x)
	if !ok {
		return nil, false
	}
	h := sha256.New()
	for _, part := range [...]string{x.Method, x.Path, x.Query} {
		h.Write(strconv.AppendQuote(a.scratch[:0], part))
	}
	h.Write(body)
	return h.Sum(nil), true
}

// replay gives an answer again that is kept.
func (a *app) replay(x *sdk.Exchange, key *work.Key) {
	body, ok, err := a.work.KeyAnswer(key)
	switch {
	case err != nil:
		a.workBroken(x, err)
	case !ok:
		a.refuse(x, openai.Internal("The answer that was given under this Idempotency-Key is damaged. Please use another key."))
	case key.Stream && a.held+len(body) > maxHeld: // each slow client of a replay holds a copy
		a.refuse(x, tooMany())
	case key.Stream:
		t := &attempt{app: a, stream: true, ended: true, body: bytes.Clone(body)}
		a.held += len(t.body)
		t.join(x, replayedHeader)
	default:
		a.give(x, key.Status, jsonHeader+replayedHeader, body)
	}
}

func keyConflict() *openai.Error {
	return &openai.Error{
		Status: 409, Type: openai.TypeIdempotency, Code: "idempotency_key_conflict", Param: "Idempotency-Key",
		Message: "This Idempotency-Key was used with another request. Please use a new key for each request.",
	}
}

func keyTooLarge() *openai.Error {
	return &openai.Error{
		Status: 409, Type: openai.TypeIdempotency, Code: "idempotent_answer_too_large", Param: "Idempotency-Key",
		Message: "The request with this Idempotency-Key was answered, but its answer was too large to be kept.",
	}
}

// workBroken answers when the database of keys, runs and completions failed.
func (a *app) workBroken(x *sdk.Exchange, err error) {
	a.workFailed("request failed", x.RequestID, err)
	a.refuse(x, openai.Internal("The database of keys, runs and completions failed."))
}

// workFailed reports a failure of that database. One that is damaged ends the instance.
func (a *app) workFailed(what, id string, err error) {
	a.log.Error("database of keys, runs and completions: "+what, "id", id, "error", err)
	if work.Damaged(err) {
		a.loop.Exit(err)
	}
}
