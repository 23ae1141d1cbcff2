// Package api is the adapter api_server: the OpenAI-compatible API in front of an agent, as callbacks on the SDK's event
// loop.
//
// It owns the routes, the answers and the life of each request: from its body over the agent's turn to the last byte, or
// to the moment when the client left. Keys, origins, limits of size, unknown paths and wrong methods are the host's
// business and never get here. The package must not know what the agent is, nor where the database lies.
//
// The wire is in the packages below it: chat, responses, runs; store is the database. What other adapters may need as well is in
// adapters/lib: openai has the words that all endpoints share, and replay hands events to those who read along, early and late.
//
// Two generations of the adapter may live at the same time, in a hand-over: see handover.go.
package api
