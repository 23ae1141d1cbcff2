package sdk

import (
	"errors"
	"strconv"
	"time"

	"innkeeper/adapters/abi"
)

// AgentError is a turn that failed. Its fields, but for RetryAfter, are those of the error object of the OpenAI API.
type AgentError struct {
	// Status is the HTTP status to answer with.
	Status int
	// Type is the class of the error, such as "rate_limit_error".
	Type string
	// Code is a stable word for programs; empty for null.
	Code string
	// Message is a sentence that may be shown to the caller.
	Message string
	// Param is the field of the request that is at fault; empty for null.
	Param string
	// RetryAfter is when to come back; 0 if unknown.
	RetryAfter time.Duration
}

// Error is the status, the code and the message.
func (e *AgentError) Error() string {
	return "agent: " + strconv.Itoa(e.Status) + " " + e.Code + ": " + e.Message
}

// AgentStatus is the HTTP status to answer with after an error of StartTurn or Ask: that of an [*AgentError], 413 for a request over
// the limit, 503 for what may be better in a moment.
func AgentStatus(err error) int {
	if failed, ok := errors.AsType[*AgentError](err); ok {
		return failed.Status
	}
	if errors.Is(err, abi.E2BIG) {
		return 413
	}
	return 503
}

// readAgentError reads the payload of EventAgentFailed.
func readAgentError(payload []byte) *AgentError {
	var failed abi.AgentFailed
	if !failed.Read(payload) || failed.Status == 0 {
		return &AgentError{Status: 502, Type: "upstream_error", Message: "the agent failed without a readable reason"}
	}
	return &AgentError{
		Status: int(failed.Status), Type: failed.Type, Code: failed.Code, Message: failed.Message, Param: failed.Param,
		RetryAfter: time.Duration(failed.RetryAfterMS) * time.Millisecond,
	}
}

// readAgentDone reads the payload of EventAgentDone. What cannot be read is an answer that stopped.
func readAgentDone(payload []byte) *AgentDone {
	done := new(AgentDone)
	if !done.Read(payload) || done.FinishReason == "" {
		done.FinishReason = "stop"
	}
	return done
}
