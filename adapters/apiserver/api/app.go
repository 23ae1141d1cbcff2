package api

import (
	"crypto/rand"
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/replay"
	"innkeeper/adapters/sdk"
)

// app is the adapter's state. All of it belongs to the loop.
type app struct {
	loop     *sdk.Loop
	log      sdk.Logger
	settings config
	store    *store.Store
	ids      *ids.Source
	models   []byte // the list for GET /v1/models
	model    string // the model's name where a request has none
	alias    string // a name that the agent does not know, and that stands for its own choice
	started  int64  // Unix seconds

	generation  uint64
	predecessor uint64 // the generation that still finishes its work beside this one; 0 if there is none
	handingOver bool   // this generation finishes its work beside its successor, and has time for more

	pending   pending               // what waits for the agent
	responses map[string]*response  // the responses among it that can be asked for, by id
	runs      map[string]*activeRun // the runs among it, by id
	attempts  map[string]*attempt   // the answers in the making under an Idempotency-Key, by key

	sockets  map[*socket]struct{} // the clients on WebSockets
	contexts contexts             // what they can continue although it is not stored

	memory memory // what waits in the guest

	// Memory that is used anew by each callback.
	body, item jsontext.Doc
	out        []byte // what goes to the client
	turn       []byte // what goes to the agent
	frame      []byte // an event, or the last ones of a stream
	scratch    []byte
	spare      replay.Spare
}

// Setup opens the response store and takes over the routes. It is what func main gives to sdk.Main.
func Setup(l *sdk.Loop) error {
	a := &app{
		loop: l, log: l.Log(), ids: ids.New(rand.Reader), started: time.Now().Unix(),
		responses: map[string]*response{}, runs: map[string]*activeRun{}, attempts: map[string]*attempt{}, sockets: map[*socket]struct{}{},
	}
	info, err := l.Info()
	if err != nil {
		return err
	}
	a.generation, a.predecessor = info.Generation, info.Predecessor
	if a.settings, err = a.readSettings(); err != nil {
		return err
	}
	if err := a.readModels(); err != nil {
		return err
	}
	if a.store, err = store.Open(l, a.generation, a.settings.kept); err != nil {
		return err
	}
	// This one has no work yet, so what has its number is of an earlier process.
	if err := a.endLeftovers(func(of uint64) bool { return of != a.predecessor }); err != nil {
		return err
	}
	for _, r := range a.routes() {
		l.HandleRoute(r.name, a.handler(r.handle))
	}
	l.OnShutdown(a.drain)
	l.OnSettings(a.changeSettings)
	l.OnPredecessorEnded(a.predecessorEnded)
	return nil
}

// keepBytes is the largest buffer that is kept for the next callback: a guest's memory never shrinks.
const keepBytes = 256 << 10

// reuse empties a buffer for the next callback.
func reuse(buffer *[]byte) {
	if *buffer = (*buffer)[:0]; cap(*buffer) > keepBytes {
		*buffer = nil
	}
}
