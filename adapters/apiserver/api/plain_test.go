package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/apiserver/api"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

func TestHealth(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, path := range []string{"/health", "/v1/health"} {
		r := s.do("GET", path, "")
		if r.Status != 200 {
			t.Errorf("%s: %d", path, r.Status)
		}
		expect(t, object(t, r.Body), "ok", "status")
	}
}

func TestModels(t *testing.T) {
	s := start(t, t.TempDir(), `{"model_name":"house/one"}`)
	v := object(t, s.do("GET", "/v1/models", "").Body)
	requireKeys(t, v, "object data")
	for i, id := range []string{"house/one", "echo"} {
		model := at(t, v, "data", i)
		requireKeys(t, model, "id object created owned_by")
		expect(t, model, id, "id")
		if created := at(t, model, "created").(float64); created <= 0 {
			t.Errorf("created %v", created)
		}
		expect(t, object(t, s.do("GET", "/v1/models/"+id, "").Body), id, "id")
	}
	expectError(t, s.do("GET", "/v1/models/none", ""), 404, "model", "model_not_found")
}

func TestSettingsOfTheWrongTypeAreForAPerson(t *testing.T) {
	host := sdktest.New()
	host.SetSettings(`{"stored_responses":"many"}`)
	if code := sdk.New(host.ABI()).Run(api.Setup); code != sdk.ExitConfig {
		t.Fatalf("exit code %d", code)
	}
	if f := host.Failure(); f == nil || f.Retryable || !strings.Contains(f.Message, "stored_responses") {
		t.Fatalf("%+v", f)
	}
}
