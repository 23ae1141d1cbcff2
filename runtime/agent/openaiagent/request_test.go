package openaiagent_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"innkeeper/runtime/agent/openaiagent"
	up "innkeeper/runtime/agent/upstreamtest"
)

// noting records from where each request came.
func noting(remotes chan<- string, next up.Behaviour) up.Behaviour {
	return func(w http.ResponseWriter, r *http.Request) {
		remotes <- r.RemoteAddr
		next(w, r)
	}
}

// sent runs a turn and returns the body that the upstream got.
func sent(t *testing.T, body string, change ...func(*openaiagent.Config)) map[string]json.RawMessage {
	t.Helper()
	s := up.Start(t, up.Text("ok"))
	if r := run(t, newAgent(t, s.URL(), change...), body); r.failed != nil {
		t.Fatalf("failed: %v", r.failed)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(s.Requests()[0].Body, &got); err != nil {
		t.Fatalf("%v in %s", err, s.Requests()[0].Body)
	}
	return got
}

func TestRequestIsPassedOnAsItIs(t *testing.T) {
	fields := map[string]string{
		"messages":         `[{"role":"user","content":"h\u00e9 \ud83d\ude00 <&> \u007f","x":1e400}]`,
		"temperature":      `0.70`,
		"seed":             `12345678901234567890`,
		"tools":            `[ {"type":"function", "function":{"name":"f","parameters":{"type":"object"}}} ]`,
		"max_tokens":       `5`,
		"x-unknown":        `{"deep":[null,true]}`,
		"reasoning_effort": `"low"`,
		"metadata":         `{}`,
	}
	body := ""
	for name, value := range fields {
		body += `"` + name + `": ` + value + `,`
	}
	got := sent(t, `{`+body+`"model":"mine","stream":false,"stream_options":{"include_usage":false,"include_obfuscation":false},"stream":null}`)
	for name, want := range fields {
		if string(got[name]) != want {
			t.Errorf("%s = %s, want it as it was: %s", name, got[name], want)
		}
	}
	fields["model"], fields["stream"], fields["stream_options"] = `"mine"`, `true`, `{"include_obfuscation":false,"include_usage":true}`
	for name, value := range got {
		if string(value) != fields[name] {
			t.Errorf("%s = %s, want %s", name, value, fields[name])
		}
	}
}

func TestModelIsFilledInOrMapped(t *testing.T) {
	mapped := func(c *openaiagent.Config) { c.ModelMap = map[string]string{"front": "back"} }
	for body, want := range map[string]string{
		`{"messages":[]}`:                    `"up"`,
		`{"model":null,"messages":[]}`:       `"up"`,
		`{"model":"","messages":[]}`:         `"up"`,
		`{"model":"other","messages":[]}`:    `"other"`,
		`{"model":"front","messages":[]}`:    `"back"`,
		`{"mod\u0065l":"x","model":"front"}`: `"back"`,
	} {
		if got := sent(t, body, mapped); string(got["model"]) != want {
			t.Errorf("%s: model %s, want %s", body, got["model"], want)
		}
	}
}

func TestAnyModelStandsForEveryOtherName(t *testing.T) {
	any := func(c *openaiagent.Config) {
		c.ModelMap = map[string]string{"front": "back", openaiagent.AnyModel: "all"}
	}
	for body, want := range map[string]string{
		`{"messages":[]}`:                 `"all"`,
		`{"model":"other","messages":[]}`: `"all"`,
		`{"model":"front","messages":[]}`: `"back"`,
	} {
		if got := sent(t, body, any); string(got["model"]) != want {
			t.Errorf("%s: model %s, want %s", body, got["model"], want)
		}
	}
	for _, m := range newAgent(t, up.RefusedURL(t), any).Models(t.Context()) {
		if m.ID == openaiagent.AnyModel {
			t.Error("the stand-in is listed as a model")
		}
	}
}

func TestHeaders(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	run(t, newAgent(t, s.URL()+"/"), hello)
	r := s.Requests()[0]
	if r.Method != http.MethodPost || r.Path != "/v1/chat/completions" {
		t.Errorf("%s %s", r.Method, r.Path)
	}
	for name, want := range map[string]string{"Authorization": "Bearer " + secret, "Accept": "text/event-stream", "Content-Type": "application/json"} {
		if got := r.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNoKeyNoAuthorization(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	run(t, newAgent(t, s.URL(), func(c *openaiagent.Config) { c.APIKey = "" }), hello)
	if got := s.Requests()[0].Header.Values("Authorization"); len(got) != 0 {
		t.Errorf("Authorization: %q", got)
	}
}

// The official client reads all of these when it is made in the usual way.
func TestEnvironmentIsNotRead(t *testing.T) {
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "sk-environment", "OPENAI_ADMIN_KEY": "sk-environment", "OPENAI_ORG_ID": "org-environment",
		"OPENAI_PROJECT_ID": "project-environment", "OPENAI_BASE_URL": up.RefusedURL(t) + "/environment",
		"OPENAI_CUSTOM_HEADERS": "X-Environment: environment", "OPENAI_WEBHOOK_SECRET": "environment",
	} {
		t.Setenv(name, value)
	}
	s := up.Start(t, up.Text("ok"))
	for _, key := range []string{secret, ""} {
		if r := run(t, newAgent(t, s.URL(), func(c *openaiagent.Config) { c.APIKey = key }), hello); r.failed != nil {
			t.Fatal(r.failed)
		}
	}
	for _, r := range s.Requests() {
		for name, values := range r.Header {
			if strings.Contains(name+strings.Join(values, " "), "nvironment") {
				t.Errorf("%s: %q comes from the environment", name, values)
			}
		}
	}
}

func TestBadRequestsDoNotReachTheUpstream(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	for body, param := range map[string]string{
		``: "", `[]`: "", `{"messages":`: "", `{"model":7}`: "model", `{"n":2}`: "n", `{"n":"1"}`: "n", `{"stream_options":[]}`: "stream_options",
	} {
		r := run(t, newAgent(t, s.URL()), body)
		if r.failed == nil || r.failed.Status != 400 || r.failed.Param != param {
			t.Errorf("%s: %v, want a 400 that names %q", body, r.failed, param)
		}
	}
	r := run(t, newAgent(t, s.URL(), func(c *openaiagent.Config) { c.Model = "" }), hello)
	mustFail(t, r, 400, "missing_required_parameter")
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests reached the upstream", n)
	}
}

func TestModels(t *testing.T) {
	a := newAgent(t, up.RefusedURL(t), func(c *openaiagent.Config) { c.ModelMap = map[string]string{"b": "x", "a": "y"} })
	names := ""
	for _, m := range a.Models(t.Context()) {
		names += m.ID + " "
	}
	if names != "a b up " {
		t.Errorf("models = %s", names)
	}
}

func TestNewNamesTheUnusableSetting(t *testing.T) {
	for url, part := range map[string]string{
		"ftp://x/v1": "base_url", "localhost:1234/v1": "base_url", "http://": "base_url", "http://u:hunter2@x/v1": "base_url",
		"http://x/v1?key=hunter2": "base_url", "http://[::1": "base_url",
	} {
		_, err := openaiagent.New(openaiagent.Config{BaseURL: url})
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New(%s): %v", url, err)
		}
	}
	if _, err := openaiagent.New(openaiagent.Config{Timeout: -1}); err == nil {
		t.Error("a negative timeout is accepted")
	}
}
