package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxShown is the longest value that a message repeats, in characters.
const maxShown = 60

// wanted names what each type accepts, with its article.
func wanted(t Type) string {
	switch t {
	case TypeString:
		return "a string"
	case TypeInt:
		return "an integer"
	case TypeBool:
		return "true or false"
	case TypeFloat:
		return "a number"
	case TypeDuration:
		return `a duration such as "1m30s"`
	case TypeSize:
		return `a size such as "64MiB"`
	}
	return "a list of strings"
}

// mismatch says that raw has the wrong type.
func (s *Setting) mismatch(raw any) error {
	return fmt.Errorf("must be %s, not %s", wanted(s.Type), s.describe(raw))
}

// describe names a TOML value by type and, unless the setting is secret, by content.
func (s *Setting) describe(raw any) string {
	kind, text := "a date", ""
	switch v := raw.(type) {
	case string:
		kind, text = "the string", shorten(v)
	case int64:
		kind, text = "the integer", strconv.FormatInt(v, 10)
	case float64:
		kind, text = "the number", strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		kind, text = "the boolean", strconv.FormatBool(v)
	case map[string]any:
		kind = "a table"
	case []any, []map[string]any:
		kind = "a list"
	}
	switch {
	case text == "":
		return kind
	case s.Secret:
		noun := strings.TrimPrefix(kind, "the ")
		if noun == "integer" {
			return "an integer"
		}
		return "a " + noun
	}
	return kind + " " + text
}

// shorten quotes text and cuts it to what a message can bear.
func shorten(text string) string {
	if r := []rune(text); len(r) > maxShown {
		text = string(r[:maxShown]) + "…"
	}
	return strconv.Quote(text)
}

// Format writes a value of the setting's type as it is written in the TOML.
func (s *Setting) Format(v any) string {
	switch v := v.(type) {
	case string:
		return shorten(v)
	case time.Duration:
		return strconv.Quote(v.String())
	case int64:
		if s.Type == TypeSize {
			return strconv.Quote(FormatSize(v))
		}
		return strconv.FormatInt(v, 10)
	case []string:
		quoted := make([]string, len(v))
		for i, item := range v {
			quoted[i] = shorten(item)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// choices lists the enum as `"a", "b" or "c"`.
func (s *Setting) choices() string {
	var b strings.Builder
	for i, v := range s.Enum {
		switch {
		case i > 0 && i == len(s.Enum)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(s.Format(v))
	}
	return b.String()
}

// ParseBool reads the words that people put into environment variables, in any case: true, 1, yes, on and false, 0, no,
// off.
func ParseBool(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, errors.New("not a boolean")
}
