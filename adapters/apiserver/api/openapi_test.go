package api_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/runtime/manifest"
)

// described reads the description of the API, once.
var described = sync.OnceValue(func() schemas {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		panic(err)
	}
	var s schemas
	if err := json.Unmarshal(text, &s.root); err != nil {
		panic(err)
	}
	return s
})

// operation is what the description says of a route.
func operation(r manifest.Route) map[string]any {
	paths := described().root["paths"].(map[string]any)
	item, _ := paths[strings.ReplaceAll(r.Path, "...}", "}")].(map[string]any)
	op, _ := item[strings.ToLower(r.Method)].(map[string]any)
	return op
}

// conforms checks an answer, event by event if it is a stream, against the description. Every answer of the tests passes
// here.
func (s *server) conforms(method, path string, r sdktest.Response) {
	s.t.Helper()
	if r.Status == 0 || r.Aborted {
		return
	}
	path, _, _ = strings.Cut(path, "?")
	content := answerOf(s.t, operation(routeOf(s.t, method, path)), r.Status)
	kind := "application/json"
	if r.Streamed {
		kind = "text/event-stream"
	}
	media, ok := content[kind].(map[string]any)
	if !ok {
		if r.Body != "" {
			s.t.Errorf("openapi.json: %s %s may not answer %d with %s", method, path, r.Status, kind)
		}
		return
	}
	texts, schema := []string{r.Body}, media["schema"]
	if r.Streamed {
		texts, schema = dataOf(r.Body), media["x-event-schema"]
	}
	for _, text := range texts {
		if faults := described().checkText(schema, text); len(faults) > 0 {
			s.t.Errorf("openapi.json: %s %s, %d: %s\nin %.2000s", method, path, r.Status, strings.Join(faults, "\n\t"), text)
		}
	}
}

// answerOf is the content that an operation describes for a status.
func answerOf(t testing.TB, op map[string]any, status int) map[string]any {
	t.Helper()
	answers := op["responses"].(map[string]any)
	for _, name := range []string{itoa(status), "default"} {
		if answer, ok := answers[name]; ok {
			content, _ := described().resolve(answer)["content"].(map[string]any)
			return content
		}
	}
	t.Fatalf("openapi.json: no answer %d in %v", status, op["operationId"])
	return nil
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// dataOf is the data of each event of a stream, but for the word that ends it.
func dataOf(body string) (texts []string) {
	for line := range strings.SplitSeq(body, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok && data != "[DONE]" {
			texts = append(texts, data)
		}
	}
	return texts
}

func TestTheDescriptionHasTheRoutesAndNoOthers(t *testing.T) {
	described := described().root["paths"].(map[string]any)
	found := 0
	for _, r := range readManifest(t).HTTP.Routes {
		op := operation(r)
		if op == nil {
			t.Errorf("%s %s is missing", r.Method, r.Path)
			continue
		}
		found++
		if op["operationId"] != r.Name {
			t.Errorf("%s is called %v", r.Name, op["operationId"])
		}
		if _, open := op["security"]; open != (r.Guard == manifest.GuardOpen) {
			t.Errorf("%s: needs no key: %v", r.Name, open)
		}
		for _, segment := range strings.Split(r.Path, "/") {
			if name, ok := strings.CutPrefix(segment, "{"); ok && !hasParameter(op, strings.TrimRight(name, ".}")) {
				t.Errorf("%s does not say what %s is", r.Name, segment)
			}
		}
	}
	for path, item := range described {
		found -= len(item.(map[string]any))
		for method := range item.(map[string]any) {
			if !slices.Contains([]string{"get", "post", "delete"}, method) {
				t.Errorf("%s has %s", path, method)
			}
		}
	}
	if found != 0 {
		t.Errorf("%d operations have no route", -found)
	}
}

func hasParameter(op map[string]any, name string) bool {
	list, _ := op["parameters"].([]any)
	return slices.ContainsFunc(list, func(p any) bool {
		m := p.(map[string]any)
		return m["in"] == "path" && m["name"] == name && m["required"] == true
	})
}

func TestTheDescriptionIsServedAndWhole(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	served := object(t, s.do("GET", "/openapi.json", "").Body)
	expect(t, served, "3.1.1", "openapi")
	names := slices.Collect(maps.Keys(described().root["components"].(map[string]any)["schemas"].(map[string]any)))
	used := map[string]bool{}
	walk(t, served, used)
	for _, name := range names {
		if !used["#/components/schemas/"+name] {
			t.Errorf("nothing uses the schema %s", name)
		}
	}
}

// walk follows every reference, and notes it.
func walk(t *testing.T, v any, used map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		if target, ok := v["$ref"].(string); ok && !used[target] {
			used[target] = true
			if described().resolve(v) == nil {
				t.Errorf("%s leads nowhere", target)
			}
		}
		for _, member := range v {
			walk(t, member, used)
		}
	case []any:
		for _, item := range v {
			walk(t, item, used)
		}
	}
}

// TestWhatClientsSendFitsTheDescription takes requests that the adapter accepts, so the description must, too.
func TestWhatClientsSendFitsTheDescription(t *testing.T) {
	for schema, bodies := range map[string][]string{
		"ChatCompletionRequest": {
			hello + `}`, hello + `,"stream":true,"stream_options":{"include_usage":true},"stop":["a"],"n":1,"store":true,"metadata":{"a":"b"}}`,
			`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]},
				{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
				{"role":"tool","tool_call_id":"c","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto"}`,
		},
		"ResponseRequest": {
			`{"input":"hi"}`, `{"input":[{"role":"user","content":"a"}],"instructions":"b","store":false,"conversation":{"id":"c"},"temperature":null}`,
			`{"input":"x","tools":[{"type":"function","name":"f","parameters":{}},{"type":"web_search"}],"text":{"format":{"type":"text"}}}`,
		},
		"RunRequest":     {`{"input":"hi","session_id":"s"}`, `{"input":[{"role":"user","content":"a"}],"previous_response_id":"p"}`},
		"CompactRequest": {`{"previous_response_id":"p"}`}, "MetadataUpdate": {`{"metadata":null}`, `{"metadata":{"a":"b"}}`},
	} {
		for _, body := range bodies {
			if faults := described().checkText(map[string]any{"$ref": "#/components/schemas/" + schema}, body); len(faults) > 0 {
				t.Errorf("%s: %v in %s", schema, faults, body)
			}
		}
	}
}

func TestTheCheckerSeesFaults(t *testing.T) {
	schema := func(text string) (v any) {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range [][2]string{
		{`{"type":"string"}`, `1`}, {`{"type":["string","null"]}`, `1`}, {`{"type":"integer"}`, `1.5`}, {`{"const":1}`, `2`}, {`{"enum":["a"]}`, `"b"`},
		{`{"required":["a"]}`, `{}`}, {`{"properties":{"a":{"type":"null"}}}`, `{"a":1}`}, {`{"additionalProperties":false}`, `{"a":1}`},
		{`{"items":{"type":"null"}}`, `[1]`}, {`{"minItems":1}`, `[]`}, {`{"maxItems":1}`, `[1,2]`}, {`{"maxProperties":0}`, `{"a":1}`},
		{`{"minimum":1}`, `0`}, {`{"maximum":1}`, `2`}, {`{"minLength":2}`, `"ü"`}, {`{"maxLength":1}`, `"ab"`}, {`{"pattern":"^a"}`, `"b"`},
		{`{"anyOf":[{"const":1},{"const":2}]}`, `3`}, {`{"oneOf":[{"type":"number"},{"const":2}]}`, `2`}, {`{"unheard":1}`, `1`}, {`{}`, `{`},
		{`{"$ref":"#/components/schemas/Health"}`, `{"status":"bad"}`},
	} {
		if len(described().checkText(schema(c[0]), c[1])) == 0 {
			t.Errorf("%s fits %s", c[1], c[0])
		}
	}
}
