package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/jsonbound"
	"innkeeper/runtime/module/wasmtest"
)

const chatManifest = `name = "api_server"
version = "1"
families = ["http"]
[http]
listen = "127.0.0.1:8642"
key = "key"
[[http.routes]]
name = "chat"
method = "POST"
path = "/v1/chat/completions"
guard = "key"
[settings.key]
type = "string"
required = true
secret = true
`

// askShell has a configuration whose API server is answered by the test.
func askShell(t *testing.T, answer http.HandlerFunc) *shell {
	t.Helper()
	sh := newShell(t)
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	sh.guest("api.wasm", chatManifest, func(b *wasmtest.Builder) { b.Main("") })
	sh.write("innkeeper.toml", fmt.Sprintf("[adapters.api_server]\nmodule = \"api.wasm\"\nlisten = %q\nkey = %q\n", server.Listener.Addr(), goodKey))
	return sh
}

// streamed answers with server-sent events.
func streamed(frames ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for _, frame := range frames {
			fmt.Fprintf(w, "data: %s\n\n", frame)
		}
	}
}

const (
	roleFrame = `{"choices":[{"delta":{"role":"assistant","content":""}}]}`
	helFrame  = `{"choices":[{"delta":{"content":"hel"}}]}`
	loFrame   = `{"choices":[{"delta":{"content":"lo"}}]}`
	stopFrame = `{"choices":[{"delta":{},"finish_reason":"stop"}]}`
)

// An adapter may be mounted on the shared address, and want its key in another header.
func TestAskFindsAMountAndTheHeaderOfTheKey(t *testing.T) {
	sh := newShell(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api"+chatPath || r.Header.Get("X-Api-Key") != goodKey || r.Header.Get("Authorization") != "" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
		streamed(roleFrame, helFrame, loFrame, stopFrame, "[DONE]")(w, r)
	}))
	t.Cleanup(server.Close)
	manifest := strings.Replace(chatManifest, "key = \"key\"\n", "key = \"key\"\nkey_header = \"x-api-key\"\n", 1)
	sh.guest("api.wasm", manifest, func(b *wasmtest.Builder) { b.Main("") })
	sh.write("innkeeper.toml", fmt.Sprintf("[front]\nlisten = %q\n[adapters.api_server]\nmodule = \"api.wasm\"\nmount = \"/api\"\nkey = %q\n",
		server.Listener.Addr(), goodKey))
	if r := sh.want(exOK, []string{"ask", "hello"}); r.out != "hello\n" {
		t.Errorf("out %q, err %q", r.out, r.err)
	}
}

func TestAskPrintsTheAnswerAndNothingElse(t *testing.T) {
	var asked chatRequest
	sh := askShell(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != chatPath || r.Header.Get("Authorization") != "Bearer "+goodKey {
			t.Errorf("%s with %q", r.URL, r.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		streamed(roleFrame, helFrame, loFrame, stopFrame, "[DONE]")(w, r)
	})
	r := sh.want(exOK, []string{"ask", "say", "hello", "--model", "m"})
	if r.out != "hello\n" || r.err != "" {
		t.Errorf("out %q, err %q", r.out, r.err)
	}
	if !asked.Stream || asked.Model != "m" || len(asked.Messages) != 1 || asked.Messages[0] != (chatMessage{Role: "user", Content: "say hello"}) {
		t.Errorf("asked %+v", asked)
	}
}

func TestAskReadsStandardInput(t *testing.T) {
	sh := askShell(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), `"content":"from a pipe\n"`) {
			t.Errorf("asked %s", body)
		}
		streamed(stopFrame)(w, r)
	})
	sh.in = "from a pipe\n"
	sh.want(exOK, []string{"ask", "-"})
	sh.in = ""
	sh.want(exNoInput, []string{"ask", "-"}, "standard input")
}

func TestAskWithoutStream(t *testing.T) {
	sh := askShell(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), `"stream":false`) {
			t.Errorf("asked %s", body)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices":[{"message":{"role":"assistant","content":"whole\n"},"finish_reason":"stop"}]}`)
	})
	if r := sh.want(exOK, []string{"ask", "--no-stream", "x"}); r.out != "whole\n" {
		t.Errorf("out %q", r.out)
	}
}

// What a model says must not drive the terminal.
func TestAskKeepsControlCharactersFromATerminal(t *testing.T) {
	sh := askShell(t, streamed(`{"choices":[{"delta":{"content":"a\u001b[2Jb\tc\nd\u009b"},"finish_reason":"stop"}]}`))
	if r := sh.run("ask", "x"); r.out != "a\x1b[2Jb\tc\nd\u009b\n" {
		t.Errorf("a pipe gets %q", r.out)
	}
	sh.terminal = true
	if r := sh.run("ask", "x"); r.out != "a[2Jb\tc\nd\n" {
		t.Errorf("a terminal gets %q", r.out)
	}
}

func TestAskExplainsRefusals(t *testing.T) {
	tests := []struct {
		status int
		code   string
		exit   int
		hint   string
	}{
		{401, "invalid_api_key", exNoPerm, "may have another key"},
		{404, "unknown_url", exUnavailable, "something else may listen there"},
		{404, "model_not_found", exDataErr, ""},
		{400, "x", exDataErr, ""},
		{429, "rate_limit_exceeded", exTempFail, "try again in 7 s"},
		{503, "unavailable", exTempFail, "try again in 7 s"},
		{502, "upstream", exUnavailable, "look at: innkeeper"},
	}
	for _, test := range tests {
		sh := askShell(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(test.status)
			fmt.Fprintf(w, `{"error":{"message":"The reason.","type":"t","param":null,"code":%q}}`, test.code)
		})
		r := sh.want(test.exit, []string{"ask", "x"}, fmt.Sprintf("innkeeper: The reason. (%d ", test.status), test.hint)
		if r.out != "" || strings.Contains(r.err, "hint:") != (test.hint != "") || strings.Contains(r.err, goodKey) {
			t.Errorf("%d: out %q, err %q", test.status, r.out, r.err)
		}
	}
}

func TestAskNoticesAnAnswerThatBreaksOff(t *testing.T) {
	failed := `{"error":{"message":"upstream gone","code":"x"}}`
	for name, answer := range map[string]http.HandlerFunc{
		"an error in the stream": streamed(helFrame, failed),
		"an early end":           streamed(helFrame),
	} {
		r := askShell(t, answer).want(exTempFail, []string{"ask", "x"}, "the answer broke off")
		if r.out != "hel\n" {
			t.Errorf("%s: out %q", name, r.out)
		}
	}
	askShell(t, streamed("<html>")).want(exSoftware, []string{"ask", "x"}, "stream:")
}

// A server that is none of ours cannot make the command take gigabytes.
func TestAskReadsNoMoreThanAnAnswer(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"many values": streamed(`{"choices":[` + strings.Repeat("{},", 1<<20) + "{}]}"),
		"deep":        streamed(strings.Repeat("[", 1<<20)),
		"long":        streamed(strings.Repeat(" ", 5<<20)),
		"whole": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"choices":[`+strings.Repeat("{},", 1<<20)+"{}]}")
		},
		"refused": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, strings.Repeat("[", 10<<20))
		},
	} {
		client := chatClient{out: io.Discard}
		server := httptest.NewServer(answer)
		client.address = server.Listener.Addr().String()
		err := client.ask(t.Context(), question{prompt: "x"})
		server.Close()
		var beyond *jsonbound.Error
		if err == nil || !errors.As(err, &beyond) && name != "refused" && name != "long" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAskWithNobodyThere(t *testing.T) {
	sh := askShell(t, nil)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	toml := "[adapters.api_server]\nmodule = \"api.wasm\"\nkey = \"" + goodKey + "\"\n"
	sh.write("innkeeper.toml", toml+fmt.Sprintf("listen = %q\n", address))
	sh.want(exUnavailable, []string{"ask", "x"}, "innkeeper: not running with data folder", "hint: start it with:")
	sh.write("innkeeper.toml", toml+"listen = \"127.0.0.1:0\"\n")
	sh.want(exUnavailable, []string{"ask", "x"}, "innkeeper: not running with data folder")
	sh.host(&fakeHost{adapters: []admin.Adapter{{Name: "api_server", State: "failed", Reason: "listen: in use"}}})
	sh.want(exUnavailable, []string{"ask", "x"}, "it is failed: listen: in use")
}

func TestAskGoesWhereTheHostReallyListens(t *testing.T) {
	sh := askShell(t, streamed(loFrame, stopFrame))
	text := sh.read("innkeeper.toml")
	_, after, _ := strings.Cut(text, `listen = "`)
	address, _, _ := strings.Cut(after, `"`)
	sh.write("innkeeper.toml", strings.Replace(text, address, "127.0.0.1:0", 1))
	sh.host(&fakeHost{adapters: []admin.Adapter{{Name: "api_server", State: "connected", Listen: address}}})
	sh.want(exOK, []string{"ask", "x"}, "lo\n")
}

func TestAskWithoutAnAdapterToAsk(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.guest("api.wasm", chatManifest, func(b *wasmtest.Builder) { b.Main("") })
	sh.write("innkeeper.toml", "[adapters.quiet]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.want(exConfig, []string{"ask", "x"}, "no adapter in", "hint:")
	sh.want(exUsage, []string{"ask", "-a", "nobody", "x"}, "adapter[nobody]")
	sh.write("innkeeper.toml", "[adapters.api_server]\nmodule = \"api.wasm\"\n")
	sh.want(exConfig, []string{"ask", "x"}, "unconfigured", `"key"`)
}
