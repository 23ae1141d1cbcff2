package sdk_test

import (
	"errors"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

// serve runs an adapter with one handler.
func serve(t *testing.T, handler func(*sdk.Exchange)) *sdktest.Run {
	t.Helper()
	return sdktest.Start(t, sdktest.New(), func(l *sdk.Loop) error {
		l.HandleHTTP(handler)
		return nil
	})
}

func TestRequestAsSent(t *testing.T) {
	var got sdk.Request
	var body, accept string
	run := serve(t, func(x *sdk.Exchange) {
		got = x.Request
		view, err := x.Body()
		if err != nil {
			t.Error(err)
		}
		body = string(view)
		accept, _ = x.Header("Accept")
		if _, ok := x.Header("x-none"); ok {
			t.Error("a header that was not sent is there")
		}
		headers, err := x.Headers()
		if string(headers) != "Accept: text/plain\n" || err != nil {
			t.Errorf("headers %q, %v", headers, err)
		}
		if err := x.Respond(201, sdk.Header(nil).Add("x-a", "1"), []byte("made")); err != nil {
			t.Error(err)
		}
	})
	response := run.Ask(sdktest.Request{Route: "things.get", Values: map[string]string{"id": "a b"},
		Method: "POST", Path: "/a b", Query: "x=1", ID: "req-1", Body: "hello",
		Headers: map[string]string{"accept": "text/plain"}})
	if got.Route != "things.get" || got.PathValue("id") != "a b" || got.PathValue("other") != "" || got.Method != "POST" ||
		got.Path != "/a b" || got.Query != "x=1" || got.RequestID != "req-1" || got.BodySize != 5 {
		t.Errorf("request %+v", got)
	}
	if body != "hello" || accept != "text/plain" {
		t.Errorf("body %q, accept %q", body, accept)
	}
	if response.Status != 201 || response.Headers != "x-a: 1\n" || response.Body != "made" {
		t.Errorf("response %+v", response)
	}
}

func TestBodyLargerThanWhatIsKept(t *testing.T) {
	run := serve(t, func(x *sdk.Exchange) {
		body, err := x.Body()
		if err != nil {
			t.Error(err)
		}
		x.Respond(200, nil, body)
	})
	for _, size := range []int{0, 1, 255, 256, 257, 1 << 20, 3<<20 + 1, 10} {
		body := strings.Repeat("b", size)
		if got := run.Ask(sdktest.Request{Method: "POST", Body: body}).Body; got != body {
			t.Errorf("a body of %d bytes came back with %d", size, len(got))
		}
	}
}

func TestUseAfterTheEnd(t *testing.T) {
	run := serve(t, func(x *sdk.Exchange) {
		x.RespondText(200, "once")
		if !x.Ended() {
			t.Error("not ended after Respond")
		}
		_, body := x.Body()
		for name, err := range map[string]error{
			"respond": x.RespondText(200, "twice"), "begin": x.Begin(200, nil), "write": x.Write(nil), "send": x.Send(nil), "end": x.End(), "body": body,
		} {
			if !errors.Is(err, sdk.ErrEnded) {
				t.Errorf("%s after the end: %v", name, err)
			}
		}
		x.Abort()
	})
	if got := run.Ask(sdktest.Request{}); got.Body != "once" || got.Aborted {
		t.Errorf("response %+v", got)
	}
}

// An answer that the host does not take ends the exchange like one that it takes.
func TestRespondAlwaysEndsTheExchange(t *testing.T) {
	tests := []struct {
		name    string
		respond func(*sdk.Exchange) error
		want    error
	}{
		{"no such status", func(x *sdk.Exchange) error { return x.Respond(7, nil, nil) }, abi.EINVAL},
		{"as text", func(x *sdk.Exchange) error { return x.RespondText(7, "") }, abi.EINVAL},
		{"as JSON", func(x *sdk.Exchange) error { return x.RespondJSON(7, nil) }, abi.EINVAL},
		{"after begin", func(x *sdk.Exchange) error { return errors.Join(x.Begin(200, nil), x.Respond(200, nil, nil)) }, abi.EEXIST},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := serve(t, func(x *sdk.Exchange) {
				if err := test.respond(x); !errors.Is(err, test.want) || !x.Ended() {
					t.Errorf("error %v, ended %t", err, x.Ended())
				}
			})
			if got := run.Ask(sdktest.Request{}); !got.Aborted {
				t.Errorf("response %+v", got)
			}
			if exchanges, _ := run.Open(); exchanges != 0 {
				t.Errorf("%d exchanges left open", exchanges)
			}
		})
	}
}

func TestStreamErrorsKeepTheExchangeOpen(t *testing.T) {
	run := serve(t, func(x *sdk.Exchange) {
		if err := x.End(); !errors.Is(err, abi.EINVAL) || x.Ended() {
			t.Errorf("end before begin: %v, ended %t", err, x.Ended())
		}
		x.Begin(200, nil)
		if err := x.Begin(200, nil); !errors.Is(err, abi.EEXIST) || x.Ended() {
			t.Errorf("second begin: %v, ended %t", err, x.Ended())
		}
		x.End()
	})
	if got := run.Ask(sdktest.Request{}); got.Aborted {
		t.Errorf("response %+v", got)
	}
}

func TestHeaderCannotSmuggle(t *testing.T) {
	got := sdk.Header(nil).Add("x-a", "1\r\nset-cookie: b").Add("x\nb", "2")
	if want := "x-a: 1  set-cookie: b\nx b: 2\n"; string(got) != want {
		t.Errorf("block %q, want %q", got, want)
	}
}

func TestQueryValue(t *testing.T) {
	tests := []struct {
		query, name, want string
		ok                bool
	}{
		{"a=1&b=2", "b", "2", true},
		{"a=1&a=2", "a", "1", true},
		{"name=J%C3%BCrgen+B", "name", "Jürgen B", true},
		{"n%61me=x", "name", "x", true},
		{"a", "a", "", true},
		{"", "a", "", false},
		{"a=%4", "a", "", false},
		{"a=%zz", "a", "", false},
		{"ab=1", "a", "", false},
	}
	for _, test := range tests {
		r := sdk.Request{Query: test.query}
		if got, ok := r.QueryValue(test.name); got != test.want || ok != test.ok {
			t.Errorf("%q in %q: %q, %t", test.name, test.query, got, ok)
		}
	}
}
