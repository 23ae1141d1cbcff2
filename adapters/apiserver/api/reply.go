package api

import (
	"errors"
	"strconv"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

const jsonHeader = "content-type: application/json\n"

// streamHeaders are those of an event stream. X-Accel-Buffering keeps nginx from holding frames back.
const streamHeaders = "content-type: text/event-stream; charset=utf-8\ncache-control: no-cache, no-transform\nx-accel-buffering: no\n"

// reply answers with a JSON text.
func (a *app) reply(x *sdk.Exchange, status int, body []byte) {
	if t := a.recording(x); t != nil {
		t.respond(status, jsonHeader, body)
		return
	}
	a.given(x, len(body), x.RespondJSON(status, body))
}

// give answers one client with headers of its own.
func (a *app) give(x *sdk.Exchange, status int, headers string, body []byte) {
	a.given(x, len(body), x.Respond(status, sdk.Header(headers), body))
}

// given looks at what became of an answer. A client that has left is no trouble: its event follows.
func (a *app) given(x *sdk.Exchange, size int, err error) {
	if err != nil && !errors.Is(err, abi.EPIPE) && !errors.Is(err, sdk.ErrEnded) {
		a.log.Warn("answer not taken", "request_id", x.RequestID, "bytes", size, "error", err)
	}
}

// refuse answers with an error.
func (a *app) refuse(x *sdk.Exchange, e *openai.Error) {
	a.out = openai.AppendError(a.out[:0], e)
	seconds := e.RetryAfterSeconds()
	if seconds == 0 {
		a.reply(x, e.Status, a.out)
		return
	}
	headers := jsonHeader + "retry-after: " + strconv.FormatInt(seconds, 10) + "\n"
	if t := a.recording(x); t != nil {
		t.respond(e.Status, headers, a.out)
		return
	}
	a.give(x, e.Status, headers, a.out)
}

// broken answers when the store failed. A database that is damaged ends the instance: every answer that needs it would
// fail, and the operator has to know.
func (a *app) broken(x *sdk.Exchange, err error) {
	a.log.Error("response store failed", "request_id", x.RequestID, "error", err)
	a.refuse(x, openai.Internal("The response store failed."))
	if store.Damaged(err) {
		a.loop.Exit(err)
	}
}

// bodyOf is the request's body, or nil after an answer if there is none.
func (a *app) bodyOf(x *sdk.Exchange) ([]byte, bool) {
	body, err := x.Body()
	if err == nil {
		return body, true
	}
	if errors.Is(err, abi.EPIPE) {
		x.Abort()
		return nil, false
	}
	a.refuse(x, openai.Internal("The body of the request could not be read."))
	return nil, false
}

// turnRefused says why the host did not start a turn.
func turnRefused(err error) *openai.Error {
	switch {
	case errors.Is(err, abi.EMFILE), errors.Is(err, abi.ENFILE), errors.Is(err, abi.ENOMEM):
		return tooMany()
	case errors.Is(err, abi.E2BIG):
		return &openai.Error{
			Status: 413, Type: openai.TypeInvalidRequest, Code: "request_too_large",
			Message: "The conversation is larger than the agent takes.",
		}
	case errors.Is(err, abi.ECANCELED):
		return openai.Unavailable("The server is restarting. Please try again.", retryAfterDrain)
	}
	return openai.Internal("The agent could not be asked.")
}

func tooMany() *openai.Error {
	return &openai.Error{
		Status: 429, Type: openai.TypeRateLimit, Code: "too_many_requests",
		Message: "Too many requests are being answered at the moment. Please try again.", RetryAfter: retryAfterDrain,
	}
}

// agentError is a failed turn as this API reports it.
func agentError(e *sdk.AgentError) *openai.Error {
	err := &openai.Error{
		Status: e.Status, Type: e.Type, Code: e.Code, Message: e.Message, Param: e.Param, RetryAfter: e.RetryAfter,
	}
	if err.Status < 400 || err.Status > 599 {
		err.Status = 502
	}
	if err.Message == "" {
		err.Message = "The agent failed."
	}
	return err
}
