// Package api is the adapter api_server: the OpenAI-compatible API in front of an agent, as callbacks on the SDK's event
// loop.
//
// It owns the routes, the answers and the life of each request: from its body over the agent's turn to the last byte, or
// to the moment when the client left. Keys, origins, limits of size, unknown paths and wrong methods are the host's
// business and never get here. The package must not know what the agent is, nor where the database lies.
//
// The wire is in the packages beside it: chat, responses, runs, and in those below them in adapters/lib: openai (errors,
// checks) and jsontext; replay, there as well, hands events to those who read along, early and late; store keeps responses;
// work keeps what else clients come back for: answers under an Idempotency-Key, runs and chat completions.
package api
