package front_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

// keyed declares a route for each way to carry the key.
func keyed(cfg *front.SiteConfig) {
	route := func(name, header string) manifest.Route {
		return manifest.Route{Name: name, Method: "GET", Path: "/" + name, Guard: manifest.GuardKey, KeyHeader: header}
	}
	cfg.HTTP.KeyHeader = "x-api-key"
	cfg.HTTP.Routes = []manifest.Route{
		route("default", ""), route("bearer", "authorization"), route("own", "X-Gateway_Token"),
		{Name: "open", Method: "GET", Path: "/open", Guard: manifest.GuardOpen},
	}
}

func TestTheHeaderThatCarriesTheKey(t *testing.T) {
	s := start(t, keyed)
	headers := map[string]http.Header{
		"none":           {},
		"bearer":         {"Authorization": {"Bearer " + key}},
		"bare":           {"Authorization": {key}},
		"x-api-key":      {"X-Api-Key": {key}},
		"x-api-key, two": {"X-Api-Key": {key, key}},
		"bearer in it":   {"X-Api-Key": {"Bearer " + key}},
		"own":            {"x-gateway_token": {" " + key + " "}},
		"wrong":          {"X-Api-Key": {key + "x"}, "Authorization": {"Bearer " + key + "x"}},
	}
	for path, right := range map[string]string{"/default": "x-api-key", "/bearer": "bearer", "/own": "own"} {
		for name, header := range headers {
			want := 401
			if name == right {
				want = 200
			}
			got := ask(t, s, request{method: "GET", path: path, header: header, noKey: true})
			if got.StatusCode != want {
				t.Errorf("%s with %s: %d", path, name, got.StatusCode)
			}
		}
	}
	for path, want := range map[string][2]string{
		"/default": {`ApiKey header="X-Api-Key"`, "'X-Api-Key: KEY'"},
		"/bearer":  {"Bearer", "'Authorization: Bearer KEY'"},
	} {
		got := ask(t, s, request{method: "GET", path: path, noKey: true})
		if got.Header.Get("WWW-Authenticate") != want[0] || !strings.Contains(got.text, want[1]) {
			t.Errorf("%s: %q, %s", path, got.Header.Get("WWW-Authenticate"), got.text)
		}
	}
}

// A client may send its key in every way that it knows, on every route.
func TestNoBackendSeesAKeyInWhateverHeader(t *testing.T) {
	s := start(t, keyed)
	seen := make(chan http.Header, 1)
	s.Attach(backendFunc(func(_ http.ResponseWriter, r *http.Request, _ backend.Inbound) backend.Outcome {
		seen <- r.Header.Clone()
		return backend.Answered
	}))
	header := http.Header{
		"X-Api-Key": {key}, "x-gateway_token": {key}, "Authorization": {"Bearer " + key}, "Proxy-Authorization": {"Basic eA=="}, "X-Other": {"stays"},
	}
	for _, path := range []string{"/default", "/bearer", "/own", "/open"} {
		ask(t, s, request{method: "GET", path: path, header: header, noKey: true})
		h := <-seen
		if h.Get("X-Other") != "stays" {
			t.Errorf("%s: %v", path, h)
		}
		for _, name := range []string{"X-Api-Key", "X-Gateway_token", "Authorization", "Proxy-Authorization"} {
			if h.Get(name) != "" {
				t.Errorf("%s: the backend sees %s", path, name)
			}
		}
	}
}

func TestTheShapeOfErrors(t *testing.T) {
	s := start(t, func(cfg *front.SiteConfig) {
		cfg.HTTP.Errors = manifest.ErrorsAnthropic
		cfg.HTTP.Routes = nil
		for _, shape := range []manifest.ErrorShape{"", manifest.ErrorsOpenAI, manifest.ErrorsAnthropic, manifest.ErrorsProblem, manifest.ErrorsPlain} {
			cfg.HTTP.Routes = append(cfg.HTTP.Routes, manifest.Route{
				Name: "r" + string(shape), Method: "GET", Path: "/r" + strings.ReplaceAll(string(shape), "+", "."), Guard: manifest.GuardKey, Errors: shape,
			})
		}
	})
	const message = "The API key is missing or wrong. Send it as 'Authorization: Bearer KEY'."
	anthropic := map[string]any{"type": "error", "request_id": "id", "error": map[string]any{"type": "authentication_error", "message": message}}
	for path, want := range map[string]any{
		"/r":          anthropic,
		"/ropenai":    map[string]any{"error": map[string]any{"message": message, "type": "invalid_request_error", "code": "invalid_api_key", "param": nil}},
		"/ranthropic": anthropic,
		"/rproblem.json": map[string]any{
			"type": "about:blank", "title": "Unauthorized", "status": 401.0, "detail": message, "code": "invalid_api_key",
		},
	} {
		got := ask(t, s, request{method: "GET", path: path, noKey: true, header: http.Header{"X-Request-Id": {"id"}}})
		var body map[string]any
		if err := json.Unmarshal([]byte(got.text), &body); err != nil || !reflect.DeepEqual(body, want) {
			t.Errorf("%s: %s, %v", path, got.text, err)
		}
		kind := "application/json"
		if path == "/rproblem.json" {
			kind = "application/problem+json"
		}
		if got.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %s", path, got.Header.Get("Content-Type"))
		}
	}
	plain := ask(t, s, request{method: "GET", path: "/rplain", noKey: true})
	if plain.text != message+"\n" || plain.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%s %q", plain.Header.Get("Content-Type"), plain.text)
	}
	for path, want := range map[string]string{"/nowhere": "not_found_error", "/r": "overloaded_error"} {
		s.Detach(front.Unavailable{State: "backoff"})
		if got := ask(t, s, request{method: "GET", path: path}); !strings.Contains(got.text, `"type":"`+want+`"`) {
			t.Errorf("%s: %s", path, got.text)
		}
	}
	c := dial(t, s)
	c.send(t, "hello\r\n\r\n")
	if got := c.answer(t); got.StatusCode != 400 || !strings.Contains(got.text, `"type":"invalid_request_error"`) {
		t.Errorf("malformed: %d %s", got.StatusCode, got.text)
	}
}

// Without a word on it the shape is the one that belongs to nobody.
func TestErrorsAreProblemDetailsByDefault(t *testing.T) {
	s := start(t, func(cfg *front.SiteConfig) { cfg.HTTP.Errors = "" })
	for _, path := range []string{"/nowhere", "/v1/responses/x"} {
		if got := ask(t, s, request{method: "GET", path: path, noKey: true}); got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", path, got.Header.Get("Content-Type"))
		}
	}
}
