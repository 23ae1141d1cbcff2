package echo

import (
	"context"
	"unicode/utf8"
)

// maxWord bounds a token, in bytes: text without spaces, such as Chinese or base64, is streamed too.
const maxWord = 256

func isSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

// wordEnd returns the length of the first token of s, 0 only if s is empty. The tokens of a text put together are the
// text.
func wordEnd[T string | []byte](s T) int {
	i := skipSpace(s, 0)
	end := i
	for end < len(s) && end-i < maxWord && !isSpace(s[end]) {
		end++
	}
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end++ // a character is never cut
	}
	if skipSpace(s, end) == len(s) {
		return len(s)
	}
	return end
}

func skipSpace[T string | []byte](s T, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// lookEvery is how many tokens, or messages, pass between two looks at who waits: a look takes as long as a few of them.
const lookEvery = 256

// countTokens returns the number of tokens in s; ok is false if ctx has ended meanwhile.
func countTokens(ctx context.Context, s []byte) (n int64, ok bool) {
	for len(s) > 0 {
		s = s[wordEnd(s):]
		if n++; n%lookEvery == 0 && ctx.Err() != nil {
			return n, false
		}
	}
	return n, true
}
