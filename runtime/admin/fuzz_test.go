package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequests checks that whatever comes in at the control socket gets an answer in its form, and that a host is told nothing but
// what stands in the path.
func FuzzRequests(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/v1/status", ""}, {"POST", "/v1/adapters/a%2Fb/restart?now=true&await=true", ""}, {"POST", "/v1/reload?await=x", "{}"},
		{"DELETE", "/v1/adapters//pause", ""}, {"GET", "/v1/changes", ""}, {"PUT", "/../..//%00", "x"}, {"POST", "/v1/adapters/\x1b[2J/resume", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], true)
	}
	f.Fuzz(func(t *testing.T, method, target, body string, refuse bool) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Skip()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://innkeeper/", strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		r.URL = u
		host := &fakeHost{}
		if refuse {
			host.err = errors.New("refused \x1b[2J")
		}
		w := httptest.NewRecorder()
		handler(host, nil).ServeHTTP(w, r)
		isJSON := strings.HasPrefix(w.Header().Get("Content-Type"), "application/json")
		if w.Code < 200 || w.Code > 599 || isJSON && w.Body.Len() > 0 && !strings.HasPrefix(u.Path, changesPath) && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if len(host.calls) > 0 && method != http.MethodPost {
			t.Errorf("%s %s told the host %q", method, target, host.calls)
		}
	})
}
