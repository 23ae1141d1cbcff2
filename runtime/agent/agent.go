// Package agent says what an agent is: something that answers turns, each streamed back as events.
//
// It owns the interface and the types that cross it, in the words of the OpenAI chat-completions API, which every
// back end and every adapter can speak. It knows no back end, no adapter, no sandbox and no configuration.
package agent

import "context"

// Agent answers turns. It is safe for concurrent use.
type Agent interface {
	// Models lists the models this agent was configured with. It is fast and never calls out; the list may be empty.
	Models(ctx context.Context) []Model

	// Run performs one turn and hands every event to emit, in order, from the calling goroutine.
	//
	// A turn that comes to its end emits exactly one Done or Failed, as its last event, and Run returns nil; every
	// trouble with the request or behind the agent is a Failed, not an error. Run returns an error only when nobody is
	// left to tell: the cause of ctx when ctx has ended, or what emit returned. Nothing is emitted after that.
	//
	// emit may block; the turn is held back meanwhile and no time limit of the agent runs. It must return when ctx ends.
	Run(ctx context.Context, turn Turn, emit func(Event) error) error

	// Close lets go of what the agent holds. It is idempotent. Callers end their own turns; a turn that still runs, or
	// is started later, may end with a Failed of status 503.
	Close() error
}

// Turn is one request to an agent.
type Turn struct {
	// Request is the body of an OpenAI chat-completions request, one JSON object. It is never modified, and not
	// used once Run has returned. A turn is always streamed; a request that does not ask for it may get larger pieces.
	//
	// https://platform.openai.com/docs/api-reference/chat/create
	Request []byte

	// Values is how many values there are in Request, keys included, where that was counted. It lets an agent take the memory that
	// reading takes at once.
	Values int
}

// Model is a model that can be named in a request.
//
// https://platform.openai.com/docs/api-reference/models/object
type Model struct {
	ID      string
	OwnedBy string
}
