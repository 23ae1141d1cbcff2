package sample

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

func (c *checker) numeric(key string, arg, schema, v *fastjson.Value) bool {
	f := v.GetFloat64()
	switch key {
	case "minimum":
		low := c.float(key, arg)
		return f > low || (f == low && !schema.GetBool("exclusiveMinimum"))
	case "maximum":
		high := c.float(key, arg)
		return f < high || (f == high && !schema.GetBool("exclusiveMaximum"))
	case "exclusiveMinimum": // a boolean in draft 4, where it belongs to minimum
		return isBool(arg) || f > c.float(key, arg)
	case "exclusiveMaximum":
		return isBool(arg) || f < c.float(key, arg)
	case "multipleOf":
		m := c.float(key, arg)
		if m <= 0 {
			c.fail(fmt.Errorf("schema[multipleOf]: a number above 0 is needed"))
			return false
		}
		return isMultiple(f, m)
	}
	return true
}

func isBool(v *fastjson.Value) bool {
	return v.Type() == fastjson.TypeTrue || v.Type() == fastjson.TypeFalse
}

func (c *checker) float(key string, arg *fastjson.Value) float64 {
	f, err := arg.Float64()
	if err != nil {
		c.fail(fmt.Errorf("schema[%s]: a number is needed, not %s", key, arg.Type()))
	}
	return f
}

// length reads a counting keyword.
func (c *checker) length(key string, arg *fastjson.Value) int {
	if c.float(key, arg) < 0 {
		c.fail(fmt.Errorf("schema[%s]: a count cannot be negative", key))
	}
	return count(arg)
}

func (c *checker) textual(key string, arg, v *fastjson.Value) bool {
	text := v.GetStringBytes()
	switch key {
	case "minLength":
		return utf8.RuneCount(text) >= c.length(key, arg)
	case "maxLength":
		return utf8.RuneCount(text) <= c.length(key, arg)
	case "pattern":
		re := c.compile(arg)
		return re != nil && re.Match(text)
	case "format":
		return hasFormat(string(arg.GetStringBytes()), string(text))
	}
	return true
}

// compile reads a pattern in Go's dialect, which lacks look-around and back references.
func (c *checker) compile(pattern *fastjson.Value) *regexp.Regexp {
	text := string(pattern.GetStringBytes())
	re, ok := c.regexps[text]
	if ok {
		return re
	}
	re, err := regexp.Compile(text)
	if err != nil || pattern.Type() != fastjson.TypeString {
		c.fail(fmt.Errorf("schema[pattern]: %s is not a regular expression that is understood here", pattern))
		return nil
	}
	c.regexps[text] = re
	return re
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// hasFormat checks the formats that formatted makes, loosely where the full grammar is long. Others always hold.
func hasFormat(format, text string) bool {
	switch format {
	case "date-time":
		return isTime(time.RFC3339, text)
	case "date":
		return isTime(time.DateOnly, text)
	case "time":
		return isTime("15:04:05Z07:00", text)
	case "duration":
		return strings.HasPrefix(text, "P") && len(text) > 2
	case "email", "idn-email":
		a, err := mail.ParseAddress(text)
		return err == nil && a.Address == text
	case "hostname", "idn-hostname":
		return text != "" && len(text) <= 253 && !strings.ContainsAny(text, " /:@_")
	case "ipv4":
		a, err := netip.ParseAddr(text)
		return err == nil && a.Is4()
	case "ipv6":
		a, err := netip.ParseAddr(text)
		return err == nil && a.Is6()
	case "uuid":
		return uuidForm.MatchString(text)
	case "uri", "iri":
		u, err := url.Parse(text)
		return err == nil && u.IsAbs()
	case "uri-reference", "iri-reference":
		_, err := url.Parse(text)
		return err == nil
	case "json-pointer":
		return text == "" || text[0] == '/'
	case "regex":
		_, err := regexp.Compile(text)
		return err == nil
	}
	return true
}

func isTime(layout, text string) bool {
	_, err := time.Parse(layout, text)
	return err == nil
}
