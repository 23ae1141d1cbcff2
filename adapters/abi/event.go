package abi

import "encoding/binary"

// EventHeaderSize is the size of an event's fixed part in bytes: kind (u32) and handle (u32), little endian. The payload
// follows up to the end of what event.recv returned.
const EventHeaderSize = 8

// EventKind says what an event is about and how its payload is laid out. All numbers are little endian; a "string" is a
// u32 length and that many bytes of UTF-8; "bytes to the end" is the rest of the payload.
type EventKind uint32

// The kinds of events.
const (
	// EventShutdown asks the guest to end: no new work will come, and what is open may be finished within the budget.
	// Handle 0. Payload: u32 drain budget in milliseconds, string reason ("restart", "reload", "stop", "pause").
	EventShutdown EventKind = 0x0001
	// EventPredecessorEnded says that the older instance, beside which this one was started, is over and everything that it
	// held is closed. Handle 0. Payload: u64 generation.
	EventPredecessorEnded EventKind = 0x0002

	// EventHTTPRequest brings a new exchange; its handle is open until http.respond, http.end, http.pass or http.abort.
	// Payload: see HTTPRequest.
	EventHTTPRequest EventKind = 0x0100
	// EventHTTPGone says that the client of the exchange left. Writes return EPIPE; the handle still wants its end.
	// No payload.
	EventHTTPGone EventKind = 0x0101
	// EventHTTPWritable says that a stream that returned EAGAIN takes bytes again. No payload.
	EventHTTPWritable EventKind = 0x0102
	// EventHTTPMessage is a message that the client sent over a WebSocket. Payload: u32 1 for text, 2 for binary, then the
	// message to the end.
	EventHTTPMessage EventKind = 0x0103

	// EventAgentText is a piece of the answer. Payload: UTF-8 to the end. Pieces that the guest has not fetched yet
	// are joined, so one event may hold several.
	EventAgentText EventKind = 0x0200
	// EventAgentReasoning is a piece of the model's reasoning. Payload: UTF-8 to the end.
	EventAgentReasoning EventKind = 0x0201
	// EventAgentRefusal is a piece of a refusal. Payload: UTF-8 to the end.
	EventAgentRefusal EventKind = 0x0202
	// EventAgentToolCall is a piece of a function call. Payload: u32 index of the call, string id, string name (both
	// empty after the first piece), then a fragment of the arguments' JSON to the end.
	EventAgentToolCall EventKind = 0x0203
	// EventAgentDone ends the turn; its handle is closed with this event. Payload: JSON to the end
	// {"finish_reason","model","usage":{"prompt_tokens","completion_tokens","total_tokens",…}}, the names being those
	// of the chat completions API.
	EventAgentDone EventKind = 0x02fe
	// EventAgentFailed ends the turn; its handle is closed with this event. Payload: JSON to the end
	// {"status","type","code","message","param","retry_after_ms"}; status is the HTTP status to answer with.
	EventAgentFailed EventKind = 0x02ff

	// EventSettingsChanged says that settings which the manifest calls live have changed; config.read gives the new ones.
	// Handle 0. No payload.
	EventSettingsChanged EventKind = 0x0300
)

// AppendEventHeader appends the fixed part of an event.
func AppendEventHeader(dst []byte, kind EventKind, handle uint32) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(kind))
	return binary.LittleEndian.AppendUint32(dst, handle)
}

// AppendString appends a string as event payloads hold them: u32 length, then the bytes.
func AppendString(dst []byte, s string) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

// AppendU32 appends a number as event payloads hold them.
func AppendU32(dst []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(dst, v) }

// AppendStrings appends a list of strings: u32 number, then each as a string.
func AppendStrings(dst []byte, list []string) []byte {
	dst = AppendU32(dst, uint32(len(list)))
	for _, s := range list {
		dst = AppendString(dst, s)
	}
	return dst
}

// AppendU64 appends a number as event payloads hold them.
func AppendU64(dst []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(dst, v) }

// Payload reads the fields of an event's payload in order. After a read past the end every read gives the zero value and
// Bad is true.
type Payload struct {
	rest []byte
	// Bad tells that a field was cut short.
	Bad bool
}

// ReadPayload starts reading a payload. What it returns from Bytes and Rest shares b's memory.
func ReadPayload(b []byte) Payload { return Payload{rest: b} }

// U32 is the next number.
func (p *Payload) U32() uint32 {
	if len(p.rest) < 4 {
		p.rest, p.Bad = nil, true
		return 0
	}
	v := binary.LittleEndian.Uint32(p.rest)
	p.rest = p.rest[4:]
	return v
}

// U64 is the next number of 64 bits.
func (p *Payload) U64() uint64 {
	if len(p.rest) < 8 {
		p.rest, p.Bad = nil, true
		return 0
	}
	v := binary.LittleEndian.Uint64(p.rest)
	p.rest = p.rest[8:]
	return v
}

// Bytes is the next string, as a view.
func (p *Payload) Bytes() []byte {
	n := p.U32()
	if uint64(n) > uint64(len(p.rest)) {
		p.rest, p.Bad = nil, true
		return nil
	}
	b := p.rest[:n:n]
	p.rest = p.rest[n:]
	return b
}

// String is the next string, copied.
func (p *Payload) String() string { return string(p.Bytes()) }

// Strings is the next list of strings, copied.
func (p *Payload) Strings() (list []string) {
	for n := p.U32(); n > 0 && !p.Bad; n-- {
		if s := p.String(); !p.Bad {
			list = append(list, s)
		}
	}
	return list
}

// Rest is everything that was not read yet, as a view.
func (p *Payload) Rest() []byte {
	b := p.rest
	p.rest = nil
	return b
}

// The types of WebSocket messages in EventHTTPMessage. https://www.rfc-editor.org/rfc/rfc6455#section-5.6
const (
	MessageText   = 1
	MessageBinary = 2
)
