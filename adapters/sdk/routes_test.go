package sdk_test

import (
	"testing"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

func answering(text string) func(*sdk.Exchange) {
	return func(x *sdk.Exchange) { x.RespondText(200, text) }
}

func TestRoutesAreFoundByName(t *testing.T) {
	host := sdktest.New()
	host.SetRoutes("one", "two", "three")
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.HandleRoute("two", answering("two"))
		l.HandleHTTP(answering("rest"))
		return nil
	})
	for route, want := range map[string]string{"one": "rest", "two": "two", "three": "rest"} {
		if got := run.Ask(sdktest.Request{Route: route}); got.Body != want {
			t.Errorf("route %s: %+v", route, got)
		}
	}
}

// A handler that nothing reaches and a route that nobody answers end the adapter at its start, with both names.
func TestRoutesAndHandlersMustMatch(t *testing.T) {
	host := sdktest.New()
	host.SetRoutes("get", "put")
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.HandleRoute("get", answering(""))
		l.HandleRoute("delete", answering(""))
		return nil
	})
	if code := run.Wait(); code != sdk.ExitConfig {
		t.Errorf("exit code %d", code)
	}
	want := sdktest.Failure{
		Code: "routes", Message: "the handler delete has no route in the manifest; the manifest's route put has no handler",
	}
	if got := run.Failure(); got == nil || *got != want {
		t.Errorf("failure %+v", got)
	}
}

// A host that does not name its routes may send what has no handler; the client is told whose fault that is.
func TestRouteWithoutAHandler(t *testing.T) {
	run := sdktest.Start(t, sdktest.New(), func(l *sdk.Loop) error {
		l.HandleRoute("get", answering(""))
		return nil
	})
	if got := run.Ask(sdktest.Request{Route: "put"}); got.Status != 501 {
		t.Errorf("response %+v", got)
	}
}
