package api

import (
	"bytes"
	"math"
	"strconv"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
)

// A response in the background is stored twice: when it starts, so that an instance that ends badly does not forget it, and
// at its end. In between it is in memory, with the log from which its events can be made again.
// https://platform.openai.com/docs/guides/background

// startBackground asks the agent for a response that goes on whoever leaves.
func (a *app) startBackground(c *call, r *responses.Request, conversation []byte) *openai.Error {
	if a.settings.kept.Responses == 0 {
		return openai.Unsupported("background", "Background responses are not supported, as this server stores no responses.")
	}
	p := a.newResponse(r)
	p.told = true
	p.answer.Queue()
	p.steps.Start(p.answer)
	p.answer.Log = &p.steps
	p.log.Past, p.log.Slack = &pastEvents{app: a, id: p.id, steps: p.steps.Bytes}, sendLimit
	p.makeEvents()
	p.begin()
	if fault := p.start(r, conversation); fault != nil {
		return fault
	}
	if err := p.putBeginning(); err != nil {
		p.drop()
		return a.storeFailed("response not stored", p.id, err)
	}
	if r.Stream {
		p.stream(c, 0)
		return nil
	}
	p.show(c)
	return nil
}

// show answers with the response as it is now.
func (p *response) show(c *call) {
	c.app.out = p.answer.AppendJSON(c.app.out[:0])
	c.replyOut()
}

// cancelResponse is POST /v1/responses/{id}/cancel. A response that has ended is shown as it is.
func (a *app) cancelResponse(c *call) {
	if p := a.responses[c.x.PathValue("id")]; p != nil {
		if !p.background() {
			c.refuse(notBackground("Cannot cancel a synchronous response."))
			return
		}
		p.cancel()
		p.show(c)
		return
	}
	_, text, ok := c.storedText(store.Object)
	switch {
	case !ok:
	case !a.saysBackground(text):
		c.refuse(notBackground("Cannot cancel a synchronous response."))
	default:
		c.reply(text)
	}
}

// saysBackground reads a stored Response object's member background.
func (a *app) saysBackground(text []byte) bool {
	if a.item.Parse(text) != nil {
		return false
	}
	on, _ := a.item.Root().Get("background").Bool()
	return on
}

func notBackground(message string) *openai.Error {
	return &openai.Error{
		Status: 400, Type: openai.TypeInvalidRequest, Code: "response_not_in_background", Message: message, Param: "response_id",
	}
}

// streamResponse is GET /v1/responses/{id}?stream=true: the events of a response in the background, those of the past and
// those to come.
func (a *app) streamResponse(c *call, from int64) {
	p := a.responses[c.x.PathValue("id")]
	switch {
	case p != nil && !p.background():
		c.refuse(notBackground(onlyBackground))
		return
	case p != nil:
		p.stream(c, from)
		return
	}
	r, ok := c.stored()
	if !ok {
		return
	}
	log, found, err := a.store.ResponseText(&r, store.Log)
	switch {
	case err != nil:
		c.refuse(a.storeFailed("log of a response not read", r.ID, err))
	case !found:
		c.refuse(notBackground(onlyBackground))
	default:
		a.streamPast(c, r.ID, bytes.Clone(log), from)
	}
}

// streamPast shows a client the events of a response that has ended.
func (a *app) streamPast(c *call, id string, log []byte, from int64) {
	if _, err := responses.Replay(id, log, nil); err != nil {
		a.log.Warn("the log of a stored response is damaged and counts as missing", "id", id, "error", err)
		c.refuse(noResponse(id))
		return
	}
	past := &pastEvents{app: a, id: id, steps: func() []byte { return log }}
	a.follow(c.to, replay.Ended(past), from, openai.StreamEnd)
}

const onlyBackground = "Only responses that run in the background can be streamed later."

// startingAfter is the number of the first event that a client wants, which names the last that it has seen.
func startingAfter(c *call) (from int64, fault *openai.Error) {
	text, ok := c.x.QueryValue("starting_after")
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n == math.MaxInt64 { // the last would have none after it
		return 0, openai.Invalid("starting_after", "Invalid 'starting_after': must be the number of an event.")
	}
	return n + 1, nil
}
