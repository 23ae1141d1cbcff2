package manifest

import (
	"strings"
	"unicode"
)

// NameMax is the longest name of an adapter, a setting, a route or a database, in bytes.
const NameMax = 64

// ValidName reports whether s is a name for an adapter or a label for a database: [a-z0-9_-]{1,64}.
func ValidName(s string) bool {
	return consistsOf(s, NameMax, func(c byte) bool { return lower(c) || digit(c) || c == '_' || c == '-' })
}

// ValidSettingName reports whether s is a name for a setting: [a-z][a-z0-9_]{0,63}.
func ValidSettingName(s string) bool {
	return consistsOf(s, NameMax, func(c byte) bool { return lower(c) || digit(c) || c == '_' }) && lower(s[0])
}

// EnvPrefix is what every environment name of a module called name begins with: API_SERVER_ for api_server. It keeps a
// module from asking for variables that were not meant for it, such as another program's credentials.
func EnvPrefix(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

func validEnvName(s, prefix string) bool {
	return strings.HasPrefix(s, prefix) && len(s) > len(prefix) &&
		consistsOf(s, 2*NameMax, func(c byte) bool { return upper(c) || digit(c) || c == '_' })
}

func validRouteName(s string) bool {
	return consistsOf(s, NameMax, func(c byte) bool {
		return lower(c) || digit(c) || c == '_' || c == '-' || c == '.'
	})
}

// consistsOf reports whether s has 1 to limit bytes and all of them are allowed.
func consistsOf(s string, limit int, allowed func(byte) bool) bool {
	for i := range len(s) {
		if !allowed(s[i]) {
			return false
		}
	}
	return len(s) > 0 && len(s) <= limit
}

// printable reports whether s is safe to show on a terminal: no control characters, no line breaks.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func lower(c byte) bool { return c >= 'a' && c <= 'z' }
func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
func digit(c byte) bool { return c >= '0' && c <= '9' }
