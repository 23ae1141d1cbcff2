package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

// complete makes a stored completion and gives its id.
func (s *server) complete(model, more, word string) string {
	s.t.Helper()
	body := `{"model":"` + model + `","messages":[{"role":"user","content":"hi"}],"store":true` + more + `}`
	r := s.do("POST", "/v1/chat/completions", body, says(word))
	if r.Streamed {
		return at(s.t, object(s.t, events(s.t, r)[0].data), "id").(string)
	}
	return at(s.t, object(s.t, r.Body), "id").(string)
}

func TestACompletionIsStoredReadChangedAndDeleted(t *testing.T) {
	for _, stream := range []string{"", `,"stream":true`} {
		dir := t.TempDir()
		s := start(t, dir, `{}`)
		id := s.complete("m", stream+`,"metadata":{"a":"b"},"temperature":0.5,"user":"u"`, "Hello")
		path := "/v1/chat/completions/" + id
		s.stop()
		s = start(t, dir, `{}`)
		v := object(t, s.do("GET", path, "").Body)
		requireKeys(t, v, "id object created model choices usage request_id input_user tool_choice seed top_p temperature "+
			"presence_penalty frequency_penalty tools response_format metadata")
		expect(t, v, id, "id")
		expect(t, v, "chat.completion", "object")
		expect(t, v, "Hello", "choices", 0, "message", "content")
		expect(t, v, 7.0, "usage", "total_tokens")
		expect(t, v, "b", "metadata", "a")
		expect(t, v, 0.5, "temperature")
		expect(t, v, "u", "input_user")
		expect(t, v, "req_test", "request_id")
		v = object(t, s.do("POST", path, `{"metadata":{"c":"d"}}`).Body)
		requireKeys(t, at(t, v, "metadata"), "c")
		requireKeys(t, at(t, object(t, s.do("GET", path, "").Body), "metadata"), "c")
		s.do("POST", path, `{"metadata":null}`)
		requireKeys(t, at(t, object(t, s.do("GET", path, "").Body), "metadata"), "")
		v = object(t, s.do("DELETE", path, "").Body)
		requireKeys(t, v, "object id deleted")
		expect(t, v, "chat.completion.deleted", "object")
		for _, r := range []sdktest.Response{
			s.do("GET", path, ""), s.do("DELETE", path, ""), s.do("POST", path, `{"metadata":{}}`), s.do("GET", path+"/messages", ""),
		} {
			expectError(t, r, 404, "completion_id", "completion_not_found")
		}
	}
}

func TestOnlyWhatIsToBeStoredAndCameToItsEndIsStored(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	s.do("POST", "/v1/chat/completions", hello+`}`, says("x"))
	s.do("POST", "/v1/chat/completions", hello+`,"store":true}`, func(turn *sdktest.Turn) { turn.Fail(500, "x", "y") })
	v := object(t, s.do("GET", "/v1/chat/completions", "").Body)
	requireKeys(t, v, "object data first_id last_id has_more")
	if n := len(at(t, v, "data").([]any)); n != 0 {
		t.Errorf("%d are stored", n)
	}
}

func TestCompletionsAreListed(t *testing.T) {
	s := start(t, t.TempDir(), `{"stored_completions":5}`)
	s.complete("gone", "", "x") // leaves with the sixth
	a := s.complete("one", `,"metadata":{"k":"v","l":"w"}`, "a")
	b := s.complete("two", `,"metadata":{"k":"v"}`, "b")
	c := s.complete("one", `,"metadata":{"k":"v 2"}`, "c")
	d := s.complete("one", `,"metadata":{"k":"v","l":"w"}`, "d")
	e := s.complete("two", "", "e")
	name := map[string]string{a: "a", b: "b", c: "c", d: "d", e: "e"}
	for query, want := range map[string]string{
		"": "abcde", "order=asc": "abcde", "order=desc": "edcba", "limit=2": "ab+", "limit=5": "abcde", "model=one": "acd", "model=none": "",
		"model=one&order=desc&limit=2": "dc+", "metadata[k]=v": "abd", "metadata%5Bk%5D=v+2": "c", "metadata[k]=v&metadata[l]=w": "ad",
		"metadata[k]=v&model=two": "b", "metadata[k]=v&order=desc&limit=1": "d+", "after=" + b: "cde", "after=" + b + "&order=desc": "a",
		"model=one&after=" + a: "cd", "metadata[k]=v&after=" + a + "&limit=1": "b+",
	} {
		r := s.sendWith("GET", "/v1/chat/completions?"+query, "", nil).Wait()
		v := object(t, r.Body)
		got := ""
		for i, item := range at(t, v, "data").([]any) {
			id := at(t, item, "id").(string)
			if i == 0 {
				expect(t, v, id, "first_id")
			}
			got += name[id]
		}
		if v["has_more"].(bool) {
			got += "+"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for query, param := range map[string]string{"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "order=up": "order", "after=none": "after"} {
		expectError(t, s.sendWith("GET", "/v1/chat/completions?"+query, "", nil).Wait(), 400, param, "invalid_value")
	}
}

func TestTheMessagesOfACompletion(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/chat/completions", `{"store":true,"messages":[{"role":"system","content":"s"},
		{"role":"user","name":"n","content":[{"type":"text","text":"a\n"},{"type":"image_url","image_url":{"url":"data:x"}},{"type":"text","text":"b"}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"call_a","content":"t"}]}`, says("x"))
	id := at(t, object(t, r.Body), "id").(string)
	path := "/v1/chat/completions/" + id + "/messages"
	v := object(t, s.do("GET", path, "").Body)
	requireKeys(t, v, "object data first_id last_id has_more")
	for i, role := range []string{"system", "user", "assistant", "tool"} {
		message := at(t, v, "data", i)
		requireKeys(t, message, "id role content content_parts refusal name", "tool_calls", "tool_call_id")
		expect(t, message, role, "role")
	}
	expect(t, v, id+"-0", "first_id")
	expect(t, v, "a\nb", "data", 1, "content")
	expect(t, v, "n", "data", 1, "name")
	expect(t, v, "data:x", "data", 1, "content_parts", 1, "image_url", "url")
	expect(t, v, nil, "data", 2, "content")
	expect(t, v, "call_a", "data", 3, "tool_call_id")
	v = object(t, s.sendWith("GET", path+"?order=desc&limit=1&after="+id+"-3", "", nil).Wait().Body)
	expect(t, v, id+"-2", "data", 0, "id")
	expect(t, v, true, "has_more")
}

func TestUpdatesThatAreNone(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	path := "/v1/chat/completions/" + s.complete("m", "", "x")
	for body, want := range map[string][2]any{
		`{`:                     {nil, "invalid_json"},
		`{}`:                    {"metadata", "missing_required_parameter"},
		`{"metadata":"x"}`:      {"metadata", "invalid_type"},
		`{"metadata":{"a":[]}}`: {"metadata.a", "invalid_type"},
		`{"metadata":{"` + strings.Repeat("k", 65) + `":"v"}}`: {"metadata", "invalid_value"},
	} {
		expectError(t, s.do("POST", path, body), 400, want[0], want[1].(string))
	}
}
