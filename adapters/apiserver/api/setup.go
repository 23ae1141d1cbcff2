package api

import (
	"crypto/rand"
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// app is the adapter's state. All of it belongs to the loop.
type app struct {
	loop     *sdk.Loop
	log      sdk.Logger
	settings settings
	store    *store.Store
	work     *work.Store
	ids      *ids.Source
	models   []byte // the list for GET /v1/models
	model    string // the model's name where a request has none
	alias    string // a name that the agent does not know, and that stands for its own choice
	started  int64  // Unix seconds

	jobs jobs                 // what waits for the agent
	live map[string]*response // the responses among them that can be asked for, by id

	runs map[string]*runJob // the runs among them, by id

	sockets  map[*socket]struct{} // the clients on WebSockets
	contexts contexts             // what they can continue although it is not stored

	attempts map[*sdk.Exchange]*attempt // answers under an Idempotency-Key, by what their handlers answer
	keys     map[string]*attempt        // the same by key

	pulse  int64      // counts while the agent is asked, to see who hears nothing
	pulses *sdk.Timer // what counts

	held int // bytes that the jobs keep for the store

	// Memory that is used anew by each callback.
	body, item jsontext.Doc
	out        []byte // what goes to the client
	turn       []byte // what goes to the agent
	scratch    []byte
}

// Setup opens the response store and takes over the routes. It is what func main gives to sdk.Main.
func Setup(l *sdk.Loop) error {
	a := &app{
		loop: l, log: l.Log(), ids: ids.New(rand.Reader), started: time.Now().Unix(),
		live:     map[string]*response{},
		attempts: map[*sdk.Exchange]*attempt{}, keys: map[string]*attempt{},
		runs: map[string]*runJob{}, sockets: map[*socket]struct{}{},
	}
	if err := a.readSettings(); err != nil {
		return err
	}
	if err := a.readModels(); err != nil {
		return err
	}
	var err error
	if a.store, err = store.Open(l, a.settings.storedResponses); err != nil {
		return err
	}
	if err := a.failLeftovers(); err != nil {
		return err
	}
	if a.work, err = work.Open(a.store.DB(), a.log, a.settings.work); err != nil {
		return err
	}
	if err := a.interruptLeftovers(); err != nil {
		return err
	}
	for _, r := range a.routes() {
		l.HandleRoute(r.name, r.handle)
	}
	l.OnShutdown(a.drain)
	return nil
}

// drainMargin is how long before the end of the drain budget what still runs is cut short, so that it can be stored and
// its client told.
const drainMargin = 500 * time.Millisecond

// drain lets what runs go on until shortly before the budget ends.
func (a *app) drain(s sdk.Shutdown) {
	for client := range a.sockets {
		client.advance() // what has waited is refused, and who waits for nothing is let go
	}
	if a.jobs.len() == 0 {
		return
	}
	a.log.Info("finishing open answers", "open", a.jobs.len(), "budget", s.Drain)
	a.loop.After(max(s.Drain-min(drainMargin, s.Drain/4), 0), func() {
		a.jobs.each(func(w *watched) { w.handler.interrupt() })
	})
}

// retryAfterDrain is when to come back to an adapter that is about to end: a new instance starts in milliseconds.
const retryAfterDrain = time.Second

// admit refuses new work while the instance ends.
func (a *app) admit() *openai.Error {
	if a.loop.Stopping() {
		return openai.Unavailable("The server is restarting. Please try again.", retryAfterDrain)
	}
	if limit := a.settings.concurrentTurns; limit > 0 && a.jobs.len() >= limit || a.held >= maxHeld {
		return tooMany()
	}
	return nil
}

// maxHeld is how many bytes of conversations may wait in the guest for their answers before new requests get 429. With what
// the garbage collector leaves lying about it comes to half of an instance's default memory.
const maxHeld = 64 << 20
