package openaiagent

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/sse"
)

// drainTime is how long the end of a response is awaited after the end of its answer. Read to its end, the connection
// can be used again; most upstreams send both at once.
const drainTime = 50 * time.Millisecond

// Run sends the turn to the upstream and streams the answer back. When ctx ends, the request to the upstream is
// cancelled at once.
func (a *Agent) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if a.closing.Err() != nil {
		return emit(ended(errClosed).Event())
	}
	body, failed := a.requestBody(turn)
	if failed != nil {
		return emit(failed.Event())
	}
	defer a.leave()
	upstream, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(a.closing, func() { cancel(errClosed) })
	defer stop()
	c := &call{agent: a, caller: ctx, ctx: upstream, cancel: cancel, emit: emit}
	c.dog = newWatchdog(a.cfg.Timeout, cancel)
	defer c.dog.rest()
	return c.run(body)
}

// call is one request to the upstream.
type call struct {
	agent  *Agent
	caller context.Context // the turn's
	ctx    context.Context // the request's, which the watchdog and Close can end as well
	cancel context.CancelCauseFunc
	emit   func(agent.Event) error
	dog    *watchdog
}

func (c *call) run(body []byte) error {
	res, err := c.open(body)
	if c.caller.Err() != nil {
		closeBody(res)
		return context.Cause(c.caller)
	}
	if err != nil {
		return c.fail(c.openFailure(res, err))
	}
	defer closeBody(res)
	if failed := c.notStream(res); failed != nil {
		return c.fail(failed)
	}
	return c.stream(res)
}

// open returns the response once its headers are there. With an error, the response may be there too, with the error's
// body.
func (c *call) open(body []byte) (*http.Response, error) {
	var res, stream *http.Response
	_, err := c.agent.chat.New(c.ctx, openai.ChatCompletionNewParams{},
		option.WithRequestBody("application/json", body),
		option.WithHeader("Accept", "text/event-stream"),
		option.WithMiddleware(c.dog.attempt),
		option.WithResponseInto(&res),
		option.WithResponseBodyInto(&stream), // hands the body over unread
	)
	return res, err
}

func closeBody(res *http.Response) {
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // nothing is lost with a body that nobody reads any more
	}
}

// fail ends the turn, unless it has been ended already by its caller.
func (c *call) fail(failed *agent.Failed) error {
	if c.caller.Err() != nil {
		return context.Cause(c.caller)
	}
	failed.Message = c.agent.clean(failed.Message)
	return c.emit(failed.Event())
}

// notStream returns the failure of an upstream that answered 200 with something else than a stream.
func (c *call) notStream(res *http.Response) *agent.Failed {
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusOK && (media == "text/event-stream" || media == "") {
		return nil
	}
	if failed := errorInBody(res, c.agent.cfg.Timeout); failed != nil {
		return failed
	}
	return upstreamFailure(codeMalformed, "the agent's upstream did not answer with an event stream; is base_url the address of an OpenAI-compatible API?", nil)
}

// stream reads the answer to its end.
func (c *call) stream(res *http.Response) error {
	events := sse.NewReader(res.Body, sse.Bounds{Event: eventBytes, Stream: answerBytes, Free: smallBytes, Shared: c.agent.events})
	defer events.Close()
	doc := c.agent.doc()
	defer c.agent.putBack(doc)
	ans := &answer{doc: doc, events: c.agent.events, emit: c.emit}
	for !ans.ended && events.Next() {
		failed, err := ans.take(events.Name(), events.Data())
		if err != nil {
			return err
		}
		if failed != nil {
			return c.fail(failed)
		}
	}
	if c.caller.Err() != nil {
		return context.Cause(c.caller)
	}
	if !ans.complete() {
		return c.fail(c.streamFailure(events.Err(), c.dog.heard && !ans.started))
	}
	if err := c.emit(ans.doneEvent()); err != nil {
		return err
	}
	c.drain(events)
	return nil
}

// drain reads on to the end of the response, for as long as that is likely to be near.
func (c *call) drain(events *sse.Reader) {
	enough := time.AfterFunc(drainTime, func() { c.cancel(nil) })
	defer enough.Stop()
	for events.Next() {
		continue
	}
}

// streamFailure says why an answer has no end.
func (c *call) streamFailure(err error, nonsense bool) *agent.Failed {
	switch cause := context.Cause(c.ctx); {
	case cause != nil:
		return ended(cause)
	case errors.Is(err, sse.ErrEventTooLong), errors.Is(err, sse.ErrStreamTooLong):
		return upstreamFailure(codeMalformed, "the agent's upstream sent more than is read of one answer", err)
	case errors.Is(err, sse.ErrNoRoom):
		return noRoom(err)
	case err == nil && nonsense:
		return upstreamFailure(codeMalformed, "the agent's upstream sent something that is not an event stream", nil)
	}
	return upstreamFailure(codeCut, "the agent's upstream ended its answer before it was complete", err)
}

// noRoom is the failure of an answer that would take more, with those of all other turns, than there is.
func noRoom(err error) *agent.Failed {
	failed := upstreamFailure("agent_busy", "the agent's upstream sends more to all turns together than there is room for", err)
	failed.Status = http.StatusServiceUnavailable
	return failed
}

// ended returns the failure of a request that the watchdog or Close has ended.
func ended(cause error) *agent.Failed {
	if errors.Is(cause, errClosed) {
		return &agent.Failed{
			Status: http.StatusServiceUnavailable, Type: agent.TypeUpstream, Code: "agent_closed",
			Message: "the agent has been closed", Cause: cause,
		}
	}
	failed := upstreamFailure(codeTimeout, "the agent's upstream did not answer in time", cause)
	failed.Status = http.StatusGatewayTimeout
	return failed
}
