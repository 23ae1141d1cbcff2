// Package ids makes the identifiers of the API: a prefix and random characters.
//
// It owns the randomness and its buffer; it must not know what an identifier stands for, except that the items of a
// response carry the response's own characters, so that an item leads back to its response without an index.
package ids

import (
	"encoding/hex"
	"io"
	"strconv"
	"strings"
)

// randomBytes is the length of an identifier's random part: 192 bits, as long as OpenAI's.
const randomBytes = 24

// bufferBytes is how much randomness is fetched at once. A call to the host costs more than the bytes.
const bufferBytes = randomBytes * 64

// Source makes identifiers. It is not safe for use by several goroutines.
type Source struct {
	random io.Reader
	buffer [bufferBytes]byte
	used   int
}

// New takes the source of randomness, which is crypto/rand.Reader except in tests.
func New(random io.Reader) *Source { return &Source{random: random, used: bufferBytes} }

// Base gives the random part of an identifier: 48 hexadecimal digits.
func (s *Source) Base() string { return s.New("") }

// New gives an identifier with that prefix, such as "resp_".
func (s *Source) New(prefix string) string {
	if s.used == bufferBytes {
		// crypto/rand never fails; a test's reader that ends leaves zeros, which the test will see.
		_, _ = io.ReadFull(s.random, s.buffer[:])
		s.used = 0
	}
	var text [16 + 2*randomBytes]byte // room for all prefixes, so that the string is the only memory that this takes
	id := hex.AppendEncode(append(text[:0], prefix...), s.buffer[s.used:s.used+randomBytes])
	s.used += randomBytes
	return string(id)
}

// The prefixes of identifiers.
const (
	Chat         = "chatcmpl-"
	Response     = "resp_"
	Message      = "msg_"
	FunctionCall = "fc_"
	CustomCall   = "ctc_"
	Reasoning    = "rs_"
	Compaction   = "cmp_"
	Call         = "call_"
	Run          = "run_"
)

// Item is the identifier of a response's item: the prefix, the response's random part and the item's index.
func Item(prefix, response string, index int) string {
	b := make([]byte, 0, len(prefix)+2*randomBytes+4)
	b = append(b, prefix...)
	b = append(b, strings.TrimPrefix(response, Response)...)
	if index < 16 {
		b = append(b, '0')
	}
	return string(strconv.AppendInt(b, int64(index), 16))
}

// ResponseOf is the response that an item belongs to, by its identifier; ok is false if Item did not make it.
func ResponseOf(item string) (response string, ok bool) {
	_, rest, found := strings.Cut(item, "_")
	if !found || len(rest) < 2*randomBytes+2 {
		return "", false
	}
	return Response + rest[:2*randomBytes], true
}
