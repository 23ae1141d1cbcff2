package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"innkeeper/cmd/internal/adaptertest"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/agent/upstreamtest"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/supervisor"
)

// freshModules is where the API server's module is read: from the sources, as they are now.
func freshModules(t *testing.T) artifact.Source {
	return artifact.Source{Bundled: func(string) ([]byte, error) { return adaptertest.APIServer(t), nil }}
}

const apiName = "api_server"

// openAPI starts a gateway with the API server only.
func openAPI(t *testing.T, more string) *harness {
	t.Helper()
	return openAPIWith(t, more, func(*plan) {})
}

// openAPIWith is openAPI with a plan that is changed before.
func openAPIWith(t *testing.T, more string, change func(*plan)) *harness {
	t.Helper()
	dir := t.TempDir()
	module, err := freshModules(t).Read(t.Context(), artifact.BuiltinPrefix+apiName)
	if err != nil {
		t.Fatal(err)
	}
	p := plan{
		toml:     adapter(apiName, artifact.BuiltinPrefix+apiName, `listen = "127.0.0.1:0"`, `key = "`+goodKey+`"`, `budgets = { drain = "100ms" }`) + more,
		builtins: map[string]*artifact.Artifact{apiName: module},
	}
	change(&p)
	h := openIn(t, dir, p)
	h.await(apiName, supervisor.Connected, supervisor.Failed)
	return h
}

// call sends a request with the key.
func (h *harness) call(method, path, body string) *http.Response {
	h.t.Helper()
	request, err := http.NewRequest(method, h.url(apiName)+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+goodKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { response.Body.Close() })
	return response
}

// answer is the body of a good answer.
func (h *harness) answer(method, path, body string) []byte {
	h.t.Helper()
	response := h.call(method, path, body)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		h.t.Fatalf("%s %s: %s %v\n%s", method, path, response.Status, err, text)
	}
	return text
}

const question = `{"model":"any","messages":[{"role":"user","content":"hello from the house"}]`

// The bundled adapter, from the file to a client and back: an answer, a stream, a stored response that survives a restart,
// and nothing open at the end.
func TestAPIServer(t *testing.T) {
	h := openAPI(t, "")
	if response, err := http.Get(h.url(apiName) + "v1/models"); err != nil || response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the key: %v, %v", response, err)
	} else {
		response.Body.Close()
	}
	var completion struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.Unmarshal(h.answer("POST", "v1/chat/completions", question+"}"), &completion); err != nil ||
		len(completion.Choices) != 1 || completion.Choices[0].Message.Content != "hello from the house" {
		t.Errorf("%+v, %v", completion, err)
	}
	stream := h.answer("POST", "v1/chat/completions", question+`,"stream":true}`)
	if n := bytes.Count(stream, []byte("data: ")); n < 4 || !bytes.HasSuffix(stream, []byte("data: [DONE]\n\n")) {
		t.Errorf("%d events:\n%s", n, stream)
	}
	var stored struct{ ID string }
	if err := json.Unmarshal(h.answer("POST", "v1/responses", `{"model":"any","input":"keep this"}`), &stored); err != nil || stored.ID == "" {
		t.Fatalf("%+v, %v", stored, err)
	}
	h.must(h.Restart(context.Background(), apiName))
	if status := h.await(apiName, supervisor.Connected); status.Generation != 2 {
		t.Errorf("generation %d", status.Generation)
	}
	if again := h.answer("GET", "v1/responses/"+stored.ID, ""); !bytes.Contains(again, []byte("keep this")) {
		t.Errorf("%s", again)
	}
	h.must(h.Stop(context.Background()))
	h.balanced(apiName)
	// Where the machine had no time for it, the log stays, and is counted.
	siblings, err := filepath.Glob(filepath.Join(h.dataDir(), apiName, "*.db-*"))
	if left := h.slotOf(apiName).storage().LeftInLogsBytes; err != nil || len(siblings) > 0 && left == 0 {
		t.Errorf("%v, %v, %d bytes in logs", siblings, err, left)
	}
	if counts := h.slotOf(apiName).counts(); counts["http.exchange"].Opened < 4 || counts["agent.turn"].Opened < 3 || counts["sqlite.connection"].Opened < 2 {
		t.Errorf("%+v", counts)
	}
}

// A client that leaves ends the upstream's work, and so does the end of the instance. A restart leaves it to the predecessor.
func TestAPIServerCancelsUpstream(t *testing.T) {
	upstream := upstreamtest.Start(t, upstreamtest.HangAfter(upstreamtest.Content("first")))
	h := openAPI(t, "[agent]\nkind = \"openai\"\nbase_url = \""+upstream.URL()+"\"\n")
	streaming := func() *http.Response {
		response := h.call("POST", "v1/chat/completions", question+`,"stream":true}`)
		if _, err := response.Body.Read(make([]byte, 1)); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v", response.Status, err)
		}
		return response
	}
	cancelled := func(why string) {
		select {
		case <-upstream.Cancelled():
		case <-time.After(patience):
			t.Fatalf("%s: the upstream goes on", why)
		}
	}
	streaming().Body.Close()
	cancelled("client left")
	streaming()
	h.must(h.Restart(context.Background(), apiName))
	select {
	case <-upstream.Cancelled():
		t.Fatal("a restart cut a stream")
	default:
	}
	h.must(outcomeOf(context.Background(), func() (admin.Pending, error) { return h.Gateway.Restart(context.Background(), apiName, true) }))
	cancelled("restart --now")
	h.await(apiName, supervisor.Connected)
	streaming()
	h.must(h.Stop(context.Background()))
	cancelled("stop")
	h.balanced(apiName)
}
