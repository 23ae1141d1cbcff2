package api

import (
	"bytes"
	"crypto/sha256"
	"strconv"

	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
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
var replayedHeader = sdk.Header("idempotent-replayed: true\n")

// underKey makes a handler of requests that start work honour the key. Without the header it costs one host call.
func (a *app) underKey(handle func(*call)) func(*call) {
	return func(c *call) {
		if key, ok := c.x.Header(keyHeader); ok {
			c.keyed(key, handle)
			return
		}
		handle(c)
	}
}

// validKey reports whether a key is of visible ASCII characters. Two headers arrive joined with a space, and are none.
func validKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}

// keyed answers a request with a key: as it was answered before, along with the one that is being answered, or anew.
func (c *call) keyed(name string, handle func(*call)) {
	if !validKey(name) {
		c.refuse(&openai.Error{
			Status: 400, Type: openai.TypeInvalidRequest, Code: "invalid_idempotency_key", Param: "Idempotency-Key",
			Message: "The Idempotency-Key must be 1 to " + strconv.Itoa(maxKey) + " visible ASCII characters.",
		})
		return
	}
	request, ok := c.sum()
	if !ok {
		return
	}
	a := c.app
	if t := a.attempts[name]; t != nil {
		t.join(c, request)
		return
	}
	key, known, err := a.store.Key(name)
	switch {
	case err != nil:
		c.refuse(a.storeFailed("key not read", c.x.RequestID, err))
	case known && !key.Same(request):
		c.refuse(keyConflict())
	case known && a.elsewhere(&key.Record):
		c.passOn()
	case known && key.Generation != 0 && key.Generation != a.generation:
		c.refuse(keyInUse())
	case known && key.State == store.Answered:
		c.replay(&key)
	case known && key.State == store.TooLarge:
		c.refuse(keyTooLarge())
	default:
		c.attempt(name, request, handle)
	}
}

// sum identifies the request. A stream differs from a plain answer by its body.
func (c *call) sum() ([]byte, bool) {
	body, ok := c.body()
	if !ok {
		return nil, false
	}
	h := sha256.New()
	for _, part := range [...]string{c.x.Method, c.x.Path, c.x.Query} {
		h.Write(strconv.AppendQuote(c.app.scratch[:0], part))
	}
	h.Write(body)
	return h.Sum(nil), true
}

// replay gives an answer again that is kept.
func (c *call) replay(key *store.Key) {
	a := c.app
	body, ok, err := a.store.KeyAnswer(key)
	switch {
	case err != nil:
		c.refuse(a.storeFailed("answer not read", c.x.RequestID, err))
	case !ok:
		c.refuse(openai.Internal("The answer that was given under this Idempotency-Key is damaged. Please use another key."))
	case key.Stream && a.memory.used+len(body) > maxMemory: // each slow client of a replay holds a copy
		c.refuse(tooMany())
	case key.Stream:
		held := a.memory.reserve(len(body))
		log := replay.Ended(recording(bytes.Clone(body)))
		log.OnLeave = held.Release
		c.extra = replayedHeader
		a.follow(c.to, log, 0, "")
	default:
		c.extra = replayedHeader
		c.to.respond(key.Status, jsonHeader, body)
	}
}

// recording is a whole event stream. Its events are counted by bytes.
type recording []byte

var _ replay.Past = recording(nil)

// Events implements replay.Past.
func (r recording) Events(from int64) ([]byte, int64, error) {
	events := openai.WholeFrames(r[min(from, int64(len(r))):], recordingPiece)
	return events, from + int64(len(events)), nil
}

// recordingPiece is how much of a recording is handed to a client at once.
const recordingPiece = 64 << 10

func keyConflict() *openai.Error {
	return &openai.Error{
		Status: 409, Type: openai.TypeIdempotency, Code: "idempotency_key_conflict", Param: "Idempotency-Key",
		Message: "This Idempotency-Key was used with another request. Please use a new key for each request.",
	}
}

// keyInUse is the fault of a key whose work another generation has begun to which the request cannot be passed on: it came from
// there.
func keyInUse() *openai.Error {
	return &openai.Error{
		Status: 409, Type: openai.TypeIdempotency, Code: "idempotency_key_in_use", Param: "Idempotency-Key",
		Message: "A request with this Idempotency-Key is being answered. Please try again.", RetryAfter: retryAfterDrain,
	}
}

func keyTooLarge() *openai.Error {
	return &openai.Error{
		Status: 409, Type: openai.TypeIdempotency, Code: "idempotent_answer_too_large", Param: "Idempotency-Key",
		Message: "The request with this Idempotency-Key was answered, but its answer was too large to be kept.",
	}
}
