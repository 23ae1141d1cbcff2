// Package openaiagent is the agent behind which an OpenAI-compatible upstream answers: OpenAI itself, a gateway, or a
// local server such as vLLM, llama.cpp or Ollama.
//
// Requests go to chat/completions as they came, with every field the caller set, known here or not; only the model is
// filled in or mapped, and a stream with usage is asked for. The official Go client does the HTTP and the retries; the
// stream is split into events here, within bounds. Whatever goes wrong becomes one Failed with a status that is true for the
// caller: trouble between this program and the upstream, a wrong upstream key included, is never the caller's fault.
//
// The package owns the upstream connections. It reads no configuration and no environment, except that its own HTTP
// client honours the proxy variables (HTTPS_PROXY and the like), and it writes no logs.
package openaiagent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/budget"
)

// Defaults of Config.
const (
	// DefaultBaseURL is OpenAI's own.
	DefaultBaseURL = "https://api.openai.com/v1"
	// DefaultTimeout is long enough for a large model to read a long prompt before its first word.
	DefaultTimeout = 120 * time.Second
	// DefaultRetries is what the official clients do.
	DefaultRetries = 2
	// DefaultMaxRetryDelay keeps a caller from waiting long for what it could try again itself.
	DefaultMaxRetryDelay = 2 * time.Second
)

// Config holds the settings of an upstream.
type Config struct {
	BaseURL string // http or https, with the /v1 or whatever comes before chat/completions; DefaultBaseURL if empty
	APIKey  string // bearer key; none is sent if empty

	// Model is sent when a request names none, and may be empty.
	Model string
	// ModelMap translates model names of requests to the upstream's. A name that is not in it is sent as AnyModel's, and
	// without that as it is.
	ModelMap map[string]string

	// Timeout is how long the upstream may be silent, before its answer and within it; DefaultTimeout if 0.
	Timeout time.Duration
	// Retries is how often a request is tried again after a failed connection, a 408, 409, 429 or 5xx, all of which come
	// before anything was streamed; DefaultRetries if 0, none if negative.
	Retries int
	// MaxRetryDelay bounds the wait before a retry. An upstream that asks for more, by Retry-After, is not retried: its
	// 429 goes to the caller. DefaultMaxRetryDelay if 0.
	MaxRetryDelay time.Duration

	// Dial opens connections to the upstream; nil means the operating system's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// HTTPClient is used instead of an own one, and stays the caller's to close.
	HTTPClient *http.Client
}

// Agent answers turns by asking the upstream.
type Agent struct {
	cfg    Config
	chat   openai.ChatCompletionService
	own    *http.Transport // nil with a client from outside
	docs   sync.Pool       // of *jsontext.Doc
	events *budget.Budget  // of what long events take, in bytes

	closing context.Context // ends when the agent is closed
	close   context.CancelFunc
	once    sync.Once
}

var _ agent.Agent = (*Agent)(nil)

// errClosed is the cause that ends the turns of a closed agent.
var errClosed = errors.New("openaiagent: closed")

// New returns an agent for the upstream. It does not connect. The error names the setting that is unusable.
func New(cfg Config) (*Agent, error) {
	cfg.BaseURL = cmp.Or(cfg.BaseURL, DefaultBaseURL)
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	cfg.Retries = max(0, cmp.Or(cfg.Retries, DefaultRetries))
	cfg.MaxRetryDelay = cmp.Or(cfg.MaxRetryDelay, DefaultMaxRetryDelay)
	if err := checkBaseURL(cfg.BaseURL); err != nil {
		return nil, err
	}
	if cfg.Timeout < 0 || cfg.MaxRetryDelay < 0 {
		return nil, errors.New("openaiagent[timeout]: a duration cannot be negative")
	}
	a := &Agent{cfg: cfg, events: budget.New(eventsBytes)}
	a.closing, a.close = context.WithCancel(context.Background())
	client := cfg.HTTPClient
	if client == nil {
		a.own = newTransport(cfg.Dial)
		client = &http.Client{Transport: a.own}
	}
	// The service, unlike openai.NewClient, takes nothing from OPENAI_API_KEY, OPENAI_BASE_URL and their like.
	a.chat = openai.NewChatCompletionService(
		option.WithBaseURL(cfg.BaseURL),
		option.WithAPIKey(cfg.APIKey),
		option.WithHTTPClient(client),
		option.WithMaxRetries(cfg.Retries),
		option.WithMaxRetryDelay(cfg.MaxRetryDelay),
	)
	return a, nil
}

// checkBaseURL never puts the URL in its error: there may be a password in it.
func checkBaseURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return fmt.Errorf("openaiagent[base_url]: not a usable address; write it like %s", DefaultBaseURL)
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("openaiagent[base_url]: only a scheme, a host and a path can be used; the key belongs in api_key")
	}
	return nil
}

// newTransport differs from the default one in that it asks for no compression, which would hold back small events.
func newTransport(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		DialContext:         dial,
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,

		MaxResponseHeaderBytes: headerBytes,
	}
}

// AnyModel is the key in ModelMap for every name that is not in it.
const AnyModel = "*"

// Models lists the names that requests can use for sure: those of the map and the default.
func (a *Agent) Models(context.Context) []agent.Model {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(a.cfg.ModelMap)), func(name string) bool { return name == AnyModel })
	if a.cfg.Model != "" && !slices.Contains(names, a.cfg.Model) {
		names = append(names, a.cfg.Model)
	}
	models := make([]agent.Model, len(names))
	for i, name := range names {
		models[i] = agent.Model{ID: name, OwnedBy: "upstream"}
	}
	return models
}

// Close cancels what still runs and closes the idle connections, unless the HTTP client came from outside.
func (a *Agent) Close() error {
	a.once.Do(func() {
		a.close()
		a.leave()
	})
	return nil
}

// leave closes the idle connections of a closed agent. Close does so, and after it each turn that it has cancelled: a
// request that was just being made puts the transport back to keeping connections, one that is still being dialled
// among them.
func (a *Agent) leave() {
	if a.own != nil && a.closing.Err() != nil {
		a.own.CloseIdleConnections()
	}
}
