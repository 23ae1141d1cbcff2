package sdk

import "innkeeper/adapters/abi"

// Header is a block of response headers as the host takes it: lines "name: value\n". A block that never changes is best
// written down once:
//
//	var jsonType = sdk.Header("content-type: application/json\n")
//
// The host sets Content-Length, Date and the framing itself. https://www.rfc-editor.org/rfc/rfc9110#name-fields
type Header []byte

// Add appends one field and returns the longer block, like append. A line break inside of name or value becomes a
// space, so that no value can smuggle in a field of its own.
func (h Header) Add(name, value string) Header {
	return abi.AppendHeader(h, name, value)
}
