package api_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/hostfuncs/sqlitefn/sqlitetest"
	"innkeeper/runtime/manifest"
)

// server is the adapter on an in-memory host, with real databases in a folder.
type server struct {
	t    testing.TB
	host *sdktest.Host
	dir  string
	code chan int
	turn chan *sdktest.Turn // the turns that were started, unless the test answers them itself
}

func start(t testing.TB, dir, settings string) *server {
	t.Helper()
	return startOn(t, sdktest.New(), dir, settings)
}

// startOn starts the adapter on a host that was made ready for something, with families that were changed.
func startOn(t testing.TB, host *sdktest.Host, dir, settings string, change ...func(*abi.Host)) *server {
	t.Helper()
	s := &server{t: t, host: host, dir: dir, code: make(chan int, 1), turn: make(chan *sdktest.Turn, 64)}
	host.SetSettings(settings)
	host.SetRoutes(readManifest(t).RouteNames()...)
	host.SetModels(abi.AgentModel{ID: "echo", OwnedBy: "innkeeper"})
	host.OnTurn(func(turn *sdktest.Turn) { s.turn <- turn })
	families := host.ABI()
	families.SQLite = sqlitetest.Open(t, dir, readManifest(t).Databases...)
	for _, f := range change {
		f(&families)
	}
	go func() {
		s.code <- sdk.New(families).Run(api.Setup)
		close(s.code)
	}()
	t.Cleanup(func() { s.stop() })
	<-host.Ready()
	return s
}

// stop ends the adapter and gives its exit code.
func (s *server) stop() int {
	s.host.Shutdown("stop", 0)
	s.host.Close()
	return <-s.code
}

// send brings a request by the manifest's routes, as the host does.
func (s *server) send(method, path, body string) *sdktest.Exchange {
	s.t.Helper()
	r := requestOf(s.t, method, path)
	r.Body = body
	return s.host.Request(r)
}

// do is send that answers the turn, if one is started, by the script, and waits for the whole answer.
func (s *server) do(method, path, body string, script ...func(*sdktest.Turn)) sdktest.Response {
	s.t.Helper()
	x := s.send(method, path, body)
	for _, answer := range script {
		answer(s.nextTurn(x))
	}
	r := x.Wait()
	s.conforms(method, path, r)
	return r
}

// nextTurn waits for the turn that the request starts. One that only accepts work is answered in the same step that starts
// it, so its end says nothing of the turn.
func (s *server) nextTurn(x *sdktest.Exchange) *sdktest.Turn {
	s.t.Helper()
	select {
	case turn := <-s.turn:
		return turn
	case <-x.Done():
	}
	if x.Response().Status != 202 {
		select {
		case turn := <-s.turn:
			return turn
		default:
			s.t.Fatalf("no turn was started: %d %s", x.Response().Status, x.Response().Body)
		}
	}
	return <-s.turn
}

// says answers a turn with words.
func says(words ...string) func(*sdktest.Turn) {
	return func(turn *sdktest.Turn) {
		for _, word := range words {
			turn.Text(word)
		}
		turn.Done(abi.AgentDone{FinishReason: "stop", Model: "echo-1", Usage: &abi.AgentUsage{
			PromptTokens: 5, CompletionTokens: 2, TotalTokens: 7, CachedTokens: 1, ReasoningTokens: 1,
		}})
	}
}

func readManifest(t testing.TB) *manifest.Manifest {
	t.Helper()
	text, err := os.ReadFile("../manifest.toml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// requestOf is a request as the host hands it over: with its route and what stands in the place of the pattern's parameters.
func requestOf(t testing.TB, method, path string) sdktest.Request {
	t.Helper()
	r := sdktest.Request{Method: method, Path: path, ID: "req_test", Values: map[string]string{}}
	route := routeOf(t, method, path)
	r.Route = route.Name
	got := strings.Split(path, "/")
	for i, segment := range strings.Split(route.Path, "/") {
		name, parameter := strings.CutPrefix(strings.TrimSuffix(segment, "}"), "{")
		if name, rest := strings.CutSuffix(name, "..."); rest {
			r.Values[name] = strings.Join(got[i:], "/")
		} else if parameter {
			r.Values[name] = got[i]
		}
	}
	return r
}

func routeOf(t testing.TB, method, path string) (best manifest.Route) {
	t.Helper()
	literal := -1
	for _, r := range readManifest(t).HTTP.Routes {
		if n, ok := matches(r.Path, path); ok && r.Method == method && n > literal {
			best, literal = r, n
		}
	}
	if literal < 0 {
		t.Fatalf("no route for %s %s", method, path)
	}
	return best
}

// matches reports whether a path fits a pattern, and by how many literal segments.
func matches(pattern, path string) (literal int, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, segment := range want {
		switch {
		case i >= len(got):
			return 0, false
		case strings.HasSuffix(segment, "...}"):
			return literal, true
		case strings.HasPrefix(segment, "{"):
		case segment != got[i]:
			return 0, false
		default:
			literal++
		}
	}
	return literal, len(want) == len(got)
}

// object reads a JSON object.
func object(t testing.TB, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// at walks a path of keys and indexes.
func at(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("%v: %v is no object", path, v)
			}
			if v, ok = m[step]; !ok {
				t.Fatalf("%v: no key %q in %v", path, step, m)
			}
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("%v: no item %d in %v", path, step, v)
			}
			v = list[step]
		}
	}
	return v
}

func expect(t testing.TB, v any, want any, path ...any) {
	t.Helper()
	if got := at(t, v, path...); got != want {
		t.Errorf("%v is %v (%T), want %v (%T)", path, got, got, want, want)
	}
}

// requireKeys checks that an object has exactly these keys, and the optional ones at most.
func requireKeys(t testing.TB, v any, required string, optional ...string) {
	t.Helper()
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", v)
	}
	wanted := strings.Fields(required)
	for _, key := range wanted {
		if _, ok := m[key]; !ok {
			t.Errorf("key %q is missing in %v", key, m)
		}
	}
	for key := range m {
		if !slices.Contains(wanted, key) && !slices.Contains(optional, key) {
			t.Errorf("unexpected key %q in %v", key, m)
		}
	}
}

// event is one event of a stream.
type event struct {
	name string
	data string
}

// events takes a stream apart and checks that each write held whole frames.
func events(t testing.TB, r sdktest.Response) []event {
	t.Helper()
	if r.Status != 200 || !strings.Contains(r.Headers, "content-type: text/event-stream") {
		t.Fatalf("no stream: %d %s %s", r.Status, r.Headers, r.Body)
	}
	var list []event
	for _, chunk := range r.Chunks {
		if !strings.HasSuffix(chunk, "\n\n") {
			t.Fatalf("a write ends inside of a frame: %q", chunk)
		}
		for frame := range strings.SplitSeq(strings.TrimSuffix(chunk, "\n\n"), "\n\n") {
			var e event
			for line := range strings.SplitSeq(frame, "\n") {
				if name, ok := strings.CutPrefix(line, "event: "); ok {
					e.name = name
				} else if data, ok := strings.CutPrefix(line, "data: "); ok {
					e.data = data
				} else {
					t.Fatalf("line %q", line)
				}
			}
			list = append(list, e)
		}
	}
	return list
}

func expectError(t testing.TB, r sdktest.Response, status int, param any, code string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d: %s", r.Status, status, r.Body)
		return
	}
	v := object(t, r.Body)
	requireKeys(t, v, "error")
	requireKeys(t, v["error"], "message type param code")
	expect(t, v, param, "error", "param")
	expect(t, v, code, "error", "code")
	if message := at(t, v, "error", "message").(string); message == "" || strings.Contains(message, " '.") {
		t.Errorf("message %q", message)
	}
}
