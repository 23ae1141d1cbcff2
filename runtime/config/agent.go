package config

import (
	"net/url"
	"strings"
)

// agent reads [agent].
func (l *loader) agent(raw map[string]any) Agent {
	path := []string{"agent"}
	v := l.table(path, agentSchema(), raw)
	return Agent{
		Kind:    AgentKind(v.text("kind")),
		BaseURL: l.baseURL(append(path, "base_url"), v.text("base_url")),
		Model:   v.text("model"),
		APIKey:  v.secret("api_key"),
		Timeout: v.duration("timeout"),
		Delay:   v.duration("delay"),
	}
}

// baseURL checks the address of the upstream. Credentials belong in api_key, where nothing prints them.
func (l *loader) baseURL(path []string, text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		l.complain(path, onKey, `base_url must be an address such as "https://api.openai.com/v1"`)
	case u.User != nil:
		l.complain(path, onKey, "base_url must not hold a user name or password; put the key into api_key")
	case u.RawQuery != "" || u.Fragment != "":
		l.complain(path, onKey, "base_url must end with its path, without ? or #")
	}
	return strings.TrimRight(text, "/")
}
