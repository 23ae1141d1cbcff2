package sdk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

func socketRequest() sdktest.Request {
	return sdktest.Request{Method: "GET", Headers: map[string]string{"connection": "Upgrade", "upgrade": "WebSocket"}}
}

// echoes answers every message with itself in capitals, and closes on "bye".
func echoes(t *testing.T) func(*sdk.Loop) error {
	return func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) {
			if !x.WantsWebSocket() {
				_ = x.RespondText(426, "upgrade\n")
				return
			}
			err := x.Upgrade("", func(message []byte, binary bool) {
				if string(message) == "bye" {
					_ = x.End()
					return
				}
				if err := x.Send([]byte(strings.ToUpper(string(message)))); err != nil {
					t.Errorf("send: %v", err)
				}
			})
			if err != nil {
				t.Errorf("upgrade: %v", err)
			}
			if err := x.Upgrade("", nil); !errors.Is(err, abi.EEXIST) {
				t.Errorf("second upgrade: %v", err)
			}
		})
		return nil
	}
}

func TestWebSocketMessages(t *testing.T) {
	host := sdktest.New()
	sdktest.Start(t, host, echoes(t))
	x := host.Request(socketRequest())
	for _, text := range []string{"one", "two"} {
		x.Message(text)
	}
	x.Message("bye")
	if got := x.Wait(); got.Status != 101 || !slices.Equal(got.Chunks, []string{"ONE", "TWO"}) {
		t.Errorf("status %d, messages %q", got.Status, got.Chunks)
	}
	if got := host.Request(sdktest.Request{Method: "GET"}).Wait(); got.Status != 426 {
		t.Errorf("a plain request: status %d", got.Status)
	}
}

// A slow client's messages wait in Send; they must not grow together.
func TestWebSocketKeepsMessagesApartWhileTheClientIsSlow(t *testing.T) {
	host := sdktest.New()
	sdktest.Start(t, host, echoes(t))
	x := host.Request(socketRequest())
	x.Message("one")
	if !x.WaitFor("ONE") {
		t.Fatal("no first message")
	}
	x.Stall()
	x.Message("two")
	x.Message("three")
	x.Message("bye")
	host.Request(sdktest.Request{Method: "GET"}).Wait() // the loop has seen all three by now
	x.Resume()
	if got := x.Wait(); !slices.Equal(got.Chunks, []string{"ONE", "TWO", "THREE"}) {
		t.Errorf("messages %q", got.Chunks)
	}
}
