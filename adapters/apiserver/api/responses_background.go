package api

import (
	"strconv"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// A response in the background is stored twice: when it starts, so that an instance that ends badly does not forget it, and
// at its end. In between it is in memory, with the log from which its events can be made again.
// https://platform.openai.com/docs/guides/background

// startBackground asks the agent for a response that goes on whoever leaves.
func (a *app) startBackground(x *sdk.Exchange, r *responses.Request, conversation []byte) {
	if a.settings.storedResponses == 0 {
		a.refuse(x, openai.Unsupported("background", "Background responses are not supported, as this server stores no responses."))
		return
	}
	p := a.newResponse(r, x.RequestID)
	p.told = true
	p.answer.Queue()
	p.log.Start(p.answer)
	p.answer.Log = &p.log
	p.answer.Begin()
	if fault := p.start(r, conversation); fault != nil {
		a.refuse(x, fault)
		return
	}
	if err := p.put(true); err != nil {
		p.turn.Cancel()
		p.drop()
		a.broken(x, err)
		return
	}
	if r.Stream {
		a.follow(x, p, 0)
		return
	}
	a.replyResponse(x, p)
}

// replyResponse answers with a response in memory as it is now.
func (a *app) replyResponse(x *sdk.Exchange, p *response) {
	a.out = p.answer.AppendJSON(a.out[:0])
	a.reply(x, 200, a.out)
	a.shrink()
}

// cancelResponse is POST /v1/responses/{id}/cancel. A response that has ended is shown as it is.
func (a *app) cancelResponse(x *sdk.Exchange) {
	id := x.PathValue("id")
	if p := a.live[id]; p != nil {
		if !p.background() {
			a.refuse(x, notBackground("Cannot cancel a synchronous response."))
			return
		}
		p.cancel()
		a.replyResponse(x, p)
		return
	}
	text, ok, err := a.store.Response(id)
	switch {
	case err != nil:
		a.broken(x, err)
	case !ok:
		a.refuse(x, noResponse(id))
	case !a.saysBackground(text):
		a.refuse(x, notBackground("Cannot cancel a synchronous response."))
	default:
		a.reply(x, 200, text)
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
func (a *app) streamResponse(x *sdk.Exchange, id string, from int64) {
	p := a.live[id]
	switch {
	case p != nil && !p.background():
		a.refuse(x, notBackground(onlyBackground))
		return
	case p != nil:
		a.follow(x, p, from)
		return
	}
	log, ok, err := a.store.Log(id)
	switch {
	case err != nil:
		a.broken(x, err)
	case !ok:
		a.refuseStream(x, id)
	case !a.followPast(x, id, log, from):
		a.refuse(x, noResponse(id))
	}
}

// refuseStream says why a response without a log is not streamed.
func (a *app) refuseStream(x *sdk.Exchange, id string) {
	_, known, err := a.store.Response(id)
	switch {
	case err != nil:
		a.broken(x, err)
	case known:
		a.refuse(x, notBackground(onlyBackground))
	default:
		a.refuse(x, noResponse(id))
	}
}

const onlyBackground = "Only responses that run in the background can be streamed later."

// startingAfter is the number of the first event that a client wants, which names the last that it has seen.
func startingAfter(x *sdk.Exchange) (from int64, fault *openai.Error) {
	text, ok := x.QueryValue("starting_after")
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, openai.Invalid("starting_after", "Invalid 'starting_after': must be the number of an event.")
	}
	return n + 1, nil
}

// lostMessage is what became of a response whose instance did not come to end it.
const lostMessage = "The server stopped before the response was complete."

// failLeftovers ends what an instance that ended badly has left: such a response has failed, and says so.
func (a *app) failLeftovers() error {
	left, err := a.store.Pending()
	if err != nil {
		return err
	}
	for _, id := range left {
		if err := a.failLeftover(id); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) failLeftover(id string) error {
	e := store.Entry{ID: id}
	for _, part := range []struct {
		read func(string) ([]byte, bool, error)
		to   *[]byte
	}{{a.store.Log, &e.Log}, {a.store.Input, &e.Input}, {a.store.Context, &e.Context}} {
		text, _, err := part.read(id)
		if err != nil {
			return err
		}
		*part.to = append([]byte(nil), text...)
	}
	answer, log, err := responses.Lost(id, e.Log, lostMessage)
	if err != nil {
		a.log.Warn("the log of a stored response is damaged and counts as missing", "id", id, "error", err)
		_, err = a.store.Delete(id)
		return err
	}
	a.log.Warn("a response in the background was cut off by the end of its instance", "id", id)
	e.Log, e.Response, e.Context = log, answer.AppendJSON(nil), answer.AppendMessages(e.Context)
	return a.store.Replace(e)
}
