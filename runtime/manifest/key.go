package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"innkeeper/runtime/limits"
)

// Reasons why a bearer key counts as missing, for errors.Is.
var (
	ErrKeyShort       = errors.New("too short")
	ErrKeyLong        = errors.New("too long")
	ErrKeyPlaceholder = errors.New("a placeholder")
	ErrKeyCharacters  = errors.New("not usable in a header")
)

// CheckKey says why key cannot guard a route, or nil. An adapter whose key fails the check is treated as if it had none:
// a copied example is as public as no key at all. The error reads on after the setting's name and never shows the key.
func CheckKey(key string) error {
	switch n := utf8.RuneCountInString(key); {
	case n > limits.KeyMaxChars:
		return fmt.Errorf("is %w: %d characters, at most %d are allowed", ErrKeyLong, n, limits.KeyMaxChars)
	case n > 0 && isPlaceholder(key):
		return fmt.Errorf("is %w", ErrKeyPlaceholder)
	case n < limits.KeyMinChars:
		return fmt.Errorf("is %w: %d characters, at least %d are needed", ErrKeyShort, n, limits.KeyMinChars)
	case !visible(key):
		return fmt.Errorf("is %w: only visible ASCII characters are", ErrKeyCharacters)
	}
	return nil
}

// isPlaceholder recognizes what people copy from examples: words about keys and nothing else ("your-api-key-here",
// "sk-test-key-1234567890"), a repeated character ("sk-xxxxxxxxxxxxxxxx"), a counted run ("1234567890123456"), an
// unexpanded template ("<API_KEY>", "${API_KEY}").
func isPlaceholder(key string) bool {
	if isTemplate(key) {
		return true
	}
	parts := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	return !slices.ContainsFunc(parts, func(part string) bool { return !isFiller(part) })
}

func isTemplate(key string) bool {
	for _, mark := range [][2]string{{"<", ">"}, {"${", "}"}, {"{{", "}}"}, {"%", "%"}, {"[", "]"}, {"$(", ")"}} {
		if strings.HasPrefix(key, mark[0]) && strings.HasSuffix(key, mark[1]) {
			return true
		}
	}
	return false
}

// isFiller reports whether a part of a key, in lower case, carries no secret.
func isFiller(part string) bool {
	digits := strings.TrimLeft(part, "0123456789")
	if digits == "" {
		return len(part) < 8 || isRun(part)
	}
	return isRun(part) || isWords(strings.Trim(part, "0123456789"))
}

// isRun reports whether s is four or more times one character, or counts up or down one by one, 0 after 9 included.
func isRun(s string) bool {
	return len(s) >= 4 && (isSteps(s, 0) || isSteps(s, 1) || isSteps(s, -1))
}

// isSteps reports whether each character of s is the one before plus step.
func isSteps(s string, step int) bool {
	for i := 1; i < len(s); i++ {
		diff := int(s[i]) - int(s[i-1])
		if wraps := digit(s[i]) && digit(s[i-1]) && (diff-step)%10 == 0; diff != step && !wraps {
			return false
		}
	}
	return true
}

// isWords reports whether s is made of filler words only, such as "yourapikeyhere".
func isWords(s string) bool {
	words := fillerWords()
	reached := make([]bool, len(s)+1) // reached[i]: s[:i] is made of words
	reached[0] = true
	for i := range len(s) {
		for _, word := range words {
			if reached[i] && strings.HasPrefix(s[i:], word) {
				reached[i+len(word)] = true
			}
		}
	}
	return reached[len(s)]
}

// fillerWords are the words that examples and templates are made of.
func fillerWords() []string {
	return []string{
		"placeholder", "replace", "change", "insert", "example", "sample", "default", "dummy", "fake", "demo", "test", "ing",
		"todo", "fixme", "none", "null", "undefined", "foo", "bar", "goes", "here", "enter", "put", "set", "your", "my", "me",
		"please", "a", "the", "this", "with", "some", "random", "value", "string", "secret", "password", "passwd", "token", "bearer",
		"api", "key", "auth", "admin", "server", "openai", "project", "proj", "live", "prod", "local", "dev", "sk", "pk",
	}
}

// visible reports whether s consists of visible ASCII characters.
func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
