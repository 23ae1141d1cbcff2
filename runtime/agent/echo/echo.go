// Package echo is the agent that answers with what it was told. It needs no model and no network, gives the same
// answer to the same request, and keeps to the chat-completions protocol closely enough to develop a client against.
//
// What it answers:
//
//   - the text of the last user message, word by word; for parts that are not text, what they are, as in "[image:
//     image/png, 70 bytes]";
//   - after tool results, "tool NAME said: RESULT", a line for each;
//   - with function tools on offer, a call of the first one, or of the one that tool_choice names, with arguments made
//     from its parameters schema, unless tool_choice is none or the last message is a tool result;
//   - with response_format json_object, {"text": ANSWER}; with json_schema, a value made from the schema;
//   - with a reasoning_effort other than none and minimal, a short line of reasoning before all this.
//
// It honours max_completion_tokens, max_tokens and stop. A token is a word together with the white space before it
// (after it, for the last word), or 256 bytes of a longer word; usage counts the words of all messages and of the
// answer, reasoning and arguments included. What it can make no answer from fails with status 400 and the name of the
// field; what it has no use for it does not look at, since to be strict is the adapters' part.
//
// The package owns the answer only. It knows nothing of adapters, stores or HTTP.
package echo

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"time"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/agent"
)

// DefaultModel is the name of the model when none is configured.
const DefaultModel = "echo"

// Config holds the settings of an echo agent; its zero value is useful.
type Config struct {
	Model string        // name of the only model, DefaultModel if empty
	Delay time.Duration // pause before each word, none by default
}

// Agent echoes. It holds nothing between turns but a little memory to read into.
type Agent struct {
	model string
	delay time.Duration
	docs  sync.Pool     // of *jsontext.Doc
	large chan struct{} // holds a token for each large request that is worked on
}

// largeBytes is the size from which a request waits for others that are as large, in bytes: fewer are worked on at once than there
// are processors, so that all else goes on beside them. A smaller one takes a millisecond.
const largeBytes = 64 << 10

var _ agent.Agent = (*Agent)(nil)

// New returns an echo agent.
func New(cfg Config) *Agent {
	return &Agent{
		model: cmp.Or(cfg.Model, DefaultModel), delay: cfg.Delay, large: make(chan struct{}, max(runtime.GOMAXPROCS(0)-1, 1)),
	}
}

// Models returns the one model. Other names are accepted in requests too, and given back.
func (a *Agent) Models(context.Context) []agent.Model {
	return []agent.Model{{ID: a.model, OwnedBy: "innkeeper"}}
}

// Close does nothing.
func (a *Agent) Close() error { return nil }

// Run answers one turn.
func (a *Agent) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ans, failed := a.plan(ctx, turn)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failed != nil {
		return emit(failed.Event())
	}
	s := speaker{ctx: ctx, emit: emit, delay: a.delay, whole: a.delay <= 0 && !ans.stream, limit: ans.limit}
	return s.speak(ans)
}

// plan works out the whole answer. It shares no memory with the request or with what was made of it.
func (a *Agent) plan(ctx context.Context, turn agent.Turn) (*answer, *agent.Failed) {
	if len(turn.Request) > largeBytes {
		select {
		case a.large <- struct{}{}:
			defer func() { <-a.large }()
		case <-ctx.Done():
			return nil, nil // nobody is left to be told
		}
	}
	doc, ok := a.docs.Get().(*jsontext.Doc)
	if !ok {
		doc = &jsontext.Doc{}
	}
	defer func() {
		doc.Release()
		a.docs.Put(doc)
	}()
	doc.Reserve(turn.Values)
	if err := doc.Parse(turn.Request); err != nil || doc.Root().Kind() != jsontext.Object {
		return nil, agent.BadRequest("", "the request is not a JSON object")
	}
	return newAnswer(ctx, doc.Root(), a.model)
}
