package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestInputItemsAreListed(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	var items []string
	for i := range 25 {
		items = append(items, fmt.Sprintf(`{"role":"user","content":"%d"}`, i))
	}
	id := s.create(`{"input":[`+strings.Join(items, ",")+`]}`, "a")
	path := "/v1/responses/" + id + "/input_items"
	list := func(query string) (texts string, v map[string]any) {
		t.Helper()
		v = object(t, s.get(path, query).Wait().Body)
		requireKeys(t, v, "object data first_id last_id has_more")
		data := at(t, v, "data").([]any)
		for i, item := range data {
			requireKeys(t, item, "id type status role content")
			texts += at(t, item, "content", 0, "text").(string) + " "
			if i == 0 {
				expect(t, v, at(t, item, "id"), "first_id")
			}
			if i == len(data)-1 {
				expect(t, v, at(t, item, "id"), "last_id")
			}
		}
		return strings.TrimSpace(texts), v
	}
	texts, v := list("limit=3")
	expect(t, v, true, "has_more")
	if texts != "24 23 22" {
		t.Errorf("the newest three are %s", texts)
	}
	if texts, _ = list("limit=3&after=" + at(t, v, "last_id").(string)); texts != "21 20 19" {
		t.Errorf("the next three are %s", texts)
	}
	if texts, _ = list(""); len(strings.Fields(texts)) != 20 {
		t.Errorf("without a limit there are %s", texts)
	}
	if texts, v = list("order=asc&limit=100"); !strings.HasPrefix(texts, "0 1 2 ") || at(t, v, "has_more") != false {
		t.Errorf("in ascending order: %s", texts)
	}
	third, fourth, ninth := at(t, v, "data", 3, "id").(string), at(t, v, "data", 4, "id").(string), at(t, v, "data", 9, "id").(string)
	if texts, v = list("order=asc&limit=2&before=" + ninth); texts != "7 8" || at(t, v, "has_more") != true {
		t.Errorf("before the ninth: %s", texts)
	}
	if texts, _ = list("order=asc&after=" + third + "&before=" + ninth); texts != "4 5 6 7 8" {
		t.Errorf("between: %s", texts)
	}
	v = object(t, s.get(path, "order=asc&after="+third+"&before="+fourth).Wait().Body)
	expect(t, v, nil, "first_id")
	expect(t, v, nil, "last_id")
	expect(t, v, false, "has_more")
	for query, param := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "order=up": "order", "after=msg_nope": "after", "before=msg_nope": "before",
	} {
		expectError(t, s.get(path, query).Wait(), 400, param, "invalid_value")
	}
	expectError(t, s.get("/v1/responses/resp_nope/input_items", "").Wait(), 404, "response_id", "response_not_found")
}

func TestInputItemsOfEveryKindHaveAnID(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, _ := s.startBackground(`{"background":true,"input":[{"role":"user","content":"a"},
		{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"},
		{"type":"custom_tool_call","call_id":"d","name":"g","input":"y"},{"type":"custom_tool_call_output","call_id":"d","output":"z"},
		{"type":"reasoning","summary":[]}]}`)
	v := object(t, s.get("/v1/responses/"+id+"/input_items", "order=asc").Wait().Body) // while it is made
	for i, prefix := range []string{"msg_", "fc_", "fco_", "ctc_", "ctco_", "rs_"} {
		if got := at(t, v, "data", i, "id").(string); !strings.HasPrefix(got, prefix) {
			t.Errorf("item %d has the id %s", i, got)
		}
	}
}
