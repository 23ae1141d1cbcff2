package sdk

import (
	"strings"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// WantsWebSocket reports whether the request asks to become a WebSocket.
func (x *Exchange) WantsWebSocket() bool {
	upgrade, _ := x.Header("upgrade")
	return x.Method == "GET" && strings.EqualFold(upgrade, "websocket")
}

// Upgrade makes the exchange a WebSocket, in the place of Begin. onMessage is called for every message of the client, with a
// view that is valid until it returns. From then on each Write or Send is one text message; End closes, and OnGone says that
// the client has closed or is gone. The protocol is one of those that the client offered, or empty. The error is abi.EINVAL if
// the request does not ask for a WebSocket, abi.EEXIST if an answer was begun.
//
// https://www.rfc-editor.org/rfc/rfc6455
func (x *Exchange) Upgrade(protocol string, onMessage func(message []byte, binary bool)) error {
	if x.state == stateEnded {
		return ErrEnded
	}
	err := abi.FromResult(x.loop.host.HTTP.Upgrade(x.handle, buffer.View(protocol)))
	if err == nil {
		if onMessage == nil {
			onMessage = func([]byte, bool) {}
		}
		x.state, x.onMessage = stateBegun, onMessage
	}
	return err
}
