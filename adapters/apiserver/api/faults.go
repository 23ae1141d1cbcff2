package api

import (
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

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
		return restarting()
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

// storeFailed reports a failure of the database. One that is damaged ends the instance: every answer that needs it would
// fail, and the operator has to know.
func (a *app) storeFailed(what, id string, err error) *openai.Error {
	a.log.Error("database: "+what, "id", id, "error", err)
	if store.Damaged(err) {
		a.loop.Exit(err)
	}
	return openai.Internal("The server's database failed.")
}
