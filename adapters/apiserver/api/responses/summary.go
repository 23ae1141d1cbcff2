package responses

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// summaryPrefix begins the content of every compaction item that is made here.
const summaryPrefix = "ik1."

// sealSummary is the encrypted_content of a compaction item: opaque, as clients expect it, but not secret. There is nothing
// in it that its client has not said or been told, and no key in a guest that could hide it.
func sealSummary(summary []byte) string {
	sealed := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(summary))
	return summaryPrefix + base64.RawURLEncoding.EncodeToString(append(sealed, summary...))
}

// openSummary is its reverse; ok is false for what sealSummary has not made.
func openSummary(content string) (summary string, ok bool) {
	text, found := strings.CutPrefix(content, summaryPrefix)
	if !found {
		return "", false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) < 4 || crc32.ChecksumIEEE(sealed[4:]) != binary.BigEndian.Uint32(sealed) {
		return "", false
	}
	return string(sealed[4:]), true
}
