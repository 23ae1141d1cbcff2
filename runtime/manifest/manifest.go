// Package manifest is what a module says about itself: its name, the host function families and databases it needs, its
// settings, and its HTTP routes with the key that guards them.
//
// A manifest is TOML in the module's custom section "innkeeper", readable without running the module. It comes from
// whoever built the module, so everything in it is bounded and checked before anybody acts on it. It asks; it grants
// nothing.
//
// The package must not know where the bytes came from, nor what the operator configured.
package manifest

import (
	"cmp"
	"net/textproto"
)

// Section is the name of the custom section that holds the manifest.
const Section = "innkeeper"

// Families of host functions that other parts of a manifest depend on. Which families exist is the host's business:
// a module that imports one it does not have is refused at admission.
const (
	FamilySQLite = "sqlite"
	FamilyHTTP   = "http"
)

// Manifest describes one module. A value returned by Parse is valid; nobody changes it afterwards.
type Manifest struct {
	Name        string    // [a-z0-9_-]{1,64}; an adapter of this name may be configured by the environment
	Version     string    // free text, such as 1.4.0
	Description string    // one line
	Families    []string  // host function families without version, such as sqlite
	Databases   []string  // labels, [a-z0-9_-]{1,64}; each becomes a file of the adapter
	Exclusive   bool      // no second instance may run beside it, such as one consumer of one account; the default
	EnabledEnv  string    // environment name that turns the adapter on or off; may be empty
	HTTP        *HTTP     // nil: the module serves no HTTP
	Settings    []Setting // in the order of the text
}

// HTTP describes what the host's front does for the module.
type HTTP struct {
	Listen    string     // default address, HOST:PORT; empty: the module is mounted on the shared one
	HostEnv   string     // environment name for the host part; may be empty
	PortEnv   string     // environment name for the port; may be empty
	Key       string     // name of the setting that is the key; empty if no route needs one
	KeyHeader string     // header that carries the key where a route names none; empty: Authorization, as a bearer token
	CORS      string     // name of the setting that lists the web origins which may call; empty: none may
	KeepAlive string     // name of the setting that bounds how long an event stream may be silent; empty: the host's default
	Errors    ErrorShape // of the host's own answers where a route names none; empty: problem+json
	Routes    []Route    // in the order of the text
}

// Route is one method and path pattern.
type Route struct {
	Name      string // [a-z0-9_.-]{1,64}, unique: the guest knows it by this name, and it labels logs and metrics
	Method    string // GET (which answers HEAD, too), POST, PUT, PATCH, DELETE or OPTIONS
	Path      string // such as /v1/responses/{id}; {name...} at the end takes the rest; a lone / is the root and nothing else
	Guard     Guard
	KeyHeader string     // header that carries the key; empty: as HTTP says
	Errors    ErrorShape // of the host's own answers; empty: as HTTP says
}

// Guard says what must hold before a guest sees a request.
type Guard string

const (
	// GuardOpen lets everybody in.
	GuardOpen Guard = "open"
	// GuardKey asks for the key, which the host checks and keeps to itself.
	GuardKey Guard = "key"
	// GuardSignature asks for a signature over the request. This host cannot check any yet and refuses such a manifest.
	GuardSignature Guard = "signature"
)

// ErrorShape is what the host's own answers look like, so that the clients of a route understand them.
type ErrorShape string

// The shapes.
const (
	ErrorsOpenAI    ErrorShape = "openai"       // https://platform.openai.com/docs/guides/error-codes
	ErrorsAnthropic ErrorShape = "anthropic"    // https://docs.anthropic.com/en/api/errors
	ErrorsProblem   ErrorShape = "problem+json" // https://www.rfc-editor.org/rfc/rfc9457
	ErrorsPlain     ErrorShape = "plain"        // a line of text
)

// Setting is one value that the operator may or must configure.
type Setting struct {
	Name        string   // [a-z][a-z0-9_]{0,63}
	Type        Type     // how the text is understood
	Description string   // one line
	Required    bool     // without it the adapter is unconfigured
	Secret      bool     // stays in the host; always a string without default
	Live        bool     // a change reaches the running instance as an event, without a new one
	Env         []string // environment names, the first that is set wins
	Default     any      // nil or a value as Coerce returns it
	Min, Max    any      // nil or a value as Coerce returns it; inclusive; int, float, duration and size only
	Enum        []any    // empty or all the values allowed, as Coerce returns them; string and int only
}

// Type is the type of a setting.
type Type string

// The types and the Go values that Coerce makes of them.
const (
	TypeString   Type = "string"   // string
	TypeInt      Type = "int"      // int64
	TypeBool     Type = "bool"     // bool
	TypeFloat    Type = "float"    // float64, finite
	TypeDuration Type = "duration" // time.Duration, written like "1m30s"
	TypeSize     Type = "size"     // int64 in bytes, written like "256MiB" or as a number
	TypeStrings  Type = "strings"  // []string
)

// BearerHeader is the header that carries a key where a manifest says nothing else: as a bearer token, as RFC 6750 has it. In any
// other header the key is the whole value.
const BearerHeader = "Authorization"

// HeaderOf is the header that carries the key of a route, in canonical form; empty if the route needs none.
func (h *HTTP) HeaderOf(r *Route) string {
	if r.Guard != GuardKey {
		return ""
	}
	return textproto.CanonicalMIMEHeaderKey(cmp.Or(r.KeyHeader, h.KeyHeader, BearerHeader))
}

// Setting returns the setting of that name, or nil.
func (m *Manifest) Setting(name string) *Setting {
	for i := range m.Settings {
		if m.Settings[i].Name == name {
			return &m.Settings[i]
		}
	}
	return nil
}

// RouteNames lists the names of the HTTP routes.
func (m *Manifest) RouteNames() []string {
	if m.HTTP == nil {
		return nil
	}
	names := make([]string, len(m.HTTP.Routes))
	for i, r := range m.HTTP.Routes {
		names[i] = r.Name
	}
	return names
}

// BearerKey returns the setting that is the bearer key of the routes, or nil.
func (m *Manifest) BearerKey() *Setting {
	if m.HTTP == nil || m.HTTP.Key == "" {
		return nil
	}
	return m.Setting(m.HTTP.Key)
}
