package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const responsesAbout = "A is the api_server in its sandbox, B its native twin, both with 16 clients. *stored* answers `POST /v1/responses` and writes the " +
	"row before it does; *chained* continues a conversation of 100 turns and stores the answer; *streamed* is not stored; *100 KB* is a chat body of that size."

// responsesClients is how many clients ask at the same time.
const responsesClients = 16

// responsesCase is a kind of request; prepare makes it for one server.
type responsesCase struct {
	name    string
	prepare func(ctx context.Context, server *child, key string) (call, error)
}

const responsesPath = "/v1/responses"

func responsesCases() []responsesCase {
	return []responsesCase{
		{"stored", fixed(func(key string) call { return call{post(responsesPath, key, responseBody("", true)), checkResponse} })},
		{"chained 100 deep, stored", chained},
		{"streamed", fixed(func(key string) call {
			body := fmt.Sprintf(`{"model":"echo","input":%q,"store":false,"stream":true}`, said)
			return call{post(responsesPath, key, body), checkResponseStream}
		})},
		{"100 KB chat body", fixed(func(key string) call { return call{post(chatPath, key, largeBody()), checkPlain} })},
	}
}

// fixed is a request that is the same for every server.
func fixed(make func(key string) call) func(context.Context, *child, string) (call, error) {
	return func(_ context.Context, _ *child, key string) (call, error) { return make(key), nil }
}

func responseBody(previous string, store bool) string {
	if previous != "" {
		previous = fmt.Sprintf(`"previous_response_id":%q,`, previous)
	}
	return fmt.Sprintf(`{"model":"echo",%s"input":%q,"store":%t}`, previous, said, store)
}

// largeBody is a conversation of 100 KB with a short last message.
func largeBody() string {
	turn := fmt.Sprintf(`{"role":"user","content":%q},{"role":"assistant","content":%q},`, strings.Repeat(said+" ", 12), said)
	return `{"model":"echo","messages":[` + strings.Repeat(turn, 100_000/len(turn)) + fmt.Sprintf(`{"role":"user","content":%q}]}`, said)
}

// chained makes a conversation of 100 turns on the server and continues it at its end, each time from the same place.
func chained(ctx context.Context, server *child, key string) (call, error) {
	conn, err := dial(ctx, server.address)
	if err != nil {
		return call{}, err
	}
	defer conn.close()
	previous := ""
	for range 100 {
		status, body, err := conn.do(post(responsesPath, key, responseBody(previous, true)))
		if err == nil {
			err = checkResponse(status, body)
		}
		if err != nil {
			return call{}, err
		}
		var response struct{ ID string }
		if err := json.Unmarshal(body, &response); err != nil {
			return call{}, err
		}
		previous = response.ID
	}
	return call{post(responsesPath, key, responseBody(previous, true)), checkResponse}, nil
}

// checkResponse wants a completed response with all that was said.
func checkResponse(status int, body []byte) error {
	return contains(status, body, `"object":"response"`, `"status":"completed"`, `"text":"`+said+`"`)
}

// checkResponseStream wants a stream that ends with the completed response.
func checkResponseStream(status int, body []byte) error {
	return contains(status, body, "event: response.created\n", "event: response.output_text.delta\n", "event: response.completed\n", `"text":"`+said+`"`, "data: [DONE]\n\n")
}

func contains(status int, body []byte, parts ...string) error {
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %s", status, body)
	}
	for _, part := range parts {
		if !bytes.Contains(body, []byte(part)) {
			return fmt.Errorf("answer without %q: %s", part, body)
		}
	}
	return nil
}

func measureResponses(ctx context.Context, l *lab) (lines []line, err error) {
	servers, err := l.startTrio(ctx)
	defer func() { err = errors.Join(err, servers.stop()) }()
	if err != nil {
		return nil, err
	}
	for _, c := range responsesCases() {
		more, err := l.responsesLines(ctx, servers, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

// responsesLines lets the sandbox and the twin take turns with one kind of request.
func (l *lab) responsesLines(ctx context.Context, servers trio, c responsesCase) ([]line, error) {
	var calls [2]call
	for i := range calls {
		var err error
		if calls[i], err = c.prepare(ctx, servers[i], l.key); err != nil {
			return nil, err
		}
	}
	var turns [2][]load
	for range pick(l, 5, 2) {
		for i := range calls {
			done, err := drive(ctx, servers[i], calls[i], responsesClients, pick(l, time.Second, 300*time.Millisecond))
			if err != nil {
				return nil, err
			}
			turns[i] = append(turns[i], done)
		}
	}
	compare := func(name string, value func(load) float64, show func(float64) string) line {
		a, b := figuresIn(turns[inSandbox], value), figuresIn(turns[inNative], value)
		return line{c.name + ": " + name, show(a.median()), show(b.median()), a.over(b)}
	}
	return []line{
		compare("throughput", func(l load) float64 { return l.rate }, func(v float64) string { return fmt.Sprintf("%.0f/s", v) }),
		compare("p50", func(l load) float64 { return float64(l.p50) }, nanoseconds),
		compare("p99", func(l load) float64 { return float64(l.p99) }, nanoseconds),
	}, nil
}
