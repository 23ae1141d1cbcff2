// Package config reads innkeeper.toml and the environment into one checked value.
//
// It owns the schema with its defaults, the rules for environment names and references, the messages with their
// positions, and the decision whether an adapter is loaded: an adapter whose required settings are missing or unusable
// is described as unconfigured here, before anything of it exists.
//
// It must not know how an adapter is run, what is in a module besides its manifest, or who shows the messages. A module comes to it
// as one value, and goes on as that value to whoever runs it. It reads
// files and variables only through Options and changes nothing but what WriteSample creates and Grant edits.
package config

import (
	"log/slog"
	"time"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// Config is the whole configuration. A value returned by Load is valid; nobody changes it afterwards.
type Config struct {
	Path     string     // absolute path of the TOML file
	Missing  bool       // it is not there, which Options.AllowMissing allows
	DataDir  string     // absolute path
	DropIns  DropIns    // the folder of modules that need no table
	LogLevel slog.Level // least severe level that is logged
	Limits   HostLimits
	Front    Front
	Agent    Agent
	Adapters []Adapter // sorted by name
}

// HostLimits bound what all adapters together may use.
type HostLimits struct {
	Memory        int64         // linear memory of all guests, in bytes
	BytesInFlight int64         // heads, bodies, events and answers that wait, in bytes
	Descriptors   int           // open descriptors of the process
	CompileMemory int64         // memory that the compilation of one module may take, in bytes
	CompileTime   time.Duration // that it may take
	Origin        LimitOrigins
}

// LimitOrigins say where limits come from that may follow from the machine, such as "half of the machine's 16.0 GiB".
type LimitOrigins struct{ Memory, BytesInFlight, Descriptors string }

// Front is the address that adapters can be mounted on.
type Front struct {
	Listen string // HOST:PORT; opened when an adapter is mounted there
	AddressLimits
}

// Agent is what answers.
type Agent struct {
	Kind    AgentKind
	BaseURL string        // of the upstream, without a trailing slash
	Model   string        // model to ask the upstream for; empty: the one the client asked for
	APIKey  Secret        // may be zero
	Timeout time.Duration // for one whole turn
	Delay   time.Duration // between two words of the echo agent
}

// AgentKind is which agent answers.
type AgentKind string

// The agents.
const (
	AgentEcho   AgentKind = "echo"
	AgentOpenAI AgentKind = "openai"
)

// Disposition is what is to become of an adapter.
type Disposition string

const (
	// Loadable: everything that is required is there.
	Loadable Disposition = "load"
	// Disabled: switched off by the operator. It wins over everything else.
	Disabled Disposition = "disabled"
	// Unconfigured: a required setting is missing or unusable. Nothing is instantiated and nothing retried.
	Unconfigured Disposition = "unconfigured"
	// Ungranted: the module asks for what an operator has not granted. Nothing is instantiated.
	Ungranted Disposition = "ungranted"
	// Failed: the module cannot be read or is no module. Only a person can help.
	Failed Disposition = "failed"
)

// Adapter is one configured adapter.
type Adapter struct {
	Name        string // [a-z0-9_-]{1,64}
	Module      string // builtin:NAME or an absolute path; empty if there is none
	DropIn      bool   // the module lies in the drop-in folder
	Disposition Disposition
	Reason      string             // why it is not loaded, naming the setting; empty if it is
	Artifact    *artifact.Artifact // the module as it was read for this configuration; nil if it could not be
	Manifest    *manifest.Manifest // of the artifact; nil without one
	Listen      string             // HOST:PORT, its own or that of the front; empty if the module serves no HTTP
	Mount       string             // /NAME on the address of the front; empty if the address is its own
	Settings    map[string]any     // what is set or has a default, as manifest.Setting.Coerce returns it; no secrets
	Secrets     map[string]Secret  // the secret settings that are set and usable
	Asks        []string           // what the module asks for that needs a grant, such as "listen 0.0.0.0:80"
	Grants      []string           // what the operator granted, in the same words
	Limits      Limits
	Backoff     Backoff
	Budgets     Budgets
}

// Enabled reports whether the adapter is to be loaded.
func (a *Adapter) Enabled() bool { return a.Disposition == Loadable }

// Endpoint is where callers find the adapter: HOST:PORT, and the mount if it has one.
func (a *Adapter) Endpoint() string { return a.Listen + a.Mount }

// BearerKey is the key that guards the routes with guard "key"; zero if there is none.
func (a *Adapter) BearerKey() Secret {
	if a.Manifest == nil || a.Manifest.BearerKey() == nil {
		return Secret{}
	}
	return a.Secrets[a.Manifest.BearerKey().Name]
}

// Origins are the web origins that may call, as the setting that http.cors names has them.
func (a *Adapter) Origins() []string {
	if a.Manifest == nil || a.Manifest.HTTP == nil {
		return nil
	}
	origins, _ := a.Settings[a.Manifest.HTTP.CORS].([]string)
	return origins
}

// KeepAlive is how long an event stream may be silent, as the setting that http.keepalive names has it; 0 means for ever.
func (a *Adapter) KeepAlive() time.Duration {
	if a.Manifest == nil || a.Manifest.HTTP == nil {
		return limits.HTTPKeepAlive
	}
	if every, ok := a.Settings[a.Manifest.HTTP.KeepAlive].(time.Duration); ok {
		return every
	}
	return limits.HTTPKeepAlive
}

// Engine is how the module is executed.
type Engine string

// The engines. The interpreter is slower by an order of magnitude and works on every platform.
const (
	EngineCompiler    Engine = "compiler"
	EngineInterpreter Engine = "interpreter"
)

// Limits bound what one instance may use.
type Limits struct {
	Memory          int64 // linear memory, in bytes, a multiple of 64 KiB
	Disk            int64 // files in the adapter's folder, in bytes
	Engine          Engine
	Handles         map[string]int // open handles by kind; see Options.Handles
	HandlesTotal    int            // open handles of all kinds
	MaxBody         int64          // request body, in bytes
	MaxConcurrent   int            // exchanges in progress
	ReadBodyTimeout time.Duration
	AnswerTimeout   time.Duration // until an answer begins
	AddressLimits                 // of the adapter's own address, or those of the front if it is mounted there
}

// AddressLimits bound the connections of one address.
type AddressLimits struct {
	MaxHeader         int64 // request head, in bytes
	MaxConnections    int   // open client connections
	ReadHeaderTimeout time.Duration
	IdleTimeout       time.Duration // of a keep-alive connection
	WriteStallTimeout time.Duration // without progress
}

// Backoff is how a failed slot is retried.
type Backoff struct {
	Initial           time.Duration // wait after the first failure
	Max               time.Duration // longest wait
	ResetAfter        time.Duration // connected for longer than this, earlier failures are forgotten
	AttentionAfter    time.Duration // failing for longer than this, a person is needed
	AttentionFailures int           // failed this often in a row, a person is needed
}

// Budgets are how long the host waits for a guest.
type Budgets struct {
	Connect time.Duration // from instantiation to ready
	Stall   time.Duration // over one event
	Drain   time.Duration // from shutdown to exit
	Close   time.Duration // for the host's own closing
	// Handover is how long a predecessor may finish its work beside its successor.
	Handover time.Duration
	// Hold is how long requests wait at most while no instance serves them.
	Hold time.Duration
}

// Adapter returns the adapter of that name, or nil.
func (c *Config) Adapter(name string) *Adapter {
	for i := range c.Adapters {
		if c.Adapters[i].Name == name {
			return &c.Adapters[i]
		}
	}
	return nil
}
