package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// settled reports whether every slot has come to a state that says something.
func settled(adapters []admin.Adapter) bool {
	return !slices.ContainsFunc(adapters, func(a admin.Adapter) bool {
		switch supervisor.State(a.State) {
		case supervisor.Starting, supervisor.Stopping:
			return true
		case supervisor.Stopped:
			return a.Reason == "" // it has not begun yet; one that has ended says how
		}
		return false
	})
}

// stateColour returns green for what serves, yellow for what waits, red for what needs a person.
func stateColour(a admin.Adapter) colour {
	switch supervisor.State(a.State) {
	case supervisor.Connected:
		return green
	case supervisor.Failed:
		return red
	case supervisor.Disabled, supervisor.Stopped:
		return dim
	case supervisor.Backoff:
		if a.Attention {
			return red
		}
	}
	return yellow
}

// welcome tells the person at the terminal what runs, where, and what to do next, once every adapter has come to a state that
// says something, and reports whether it has. It never shows a key.
func (s *service) welcome() bool {
	status := s.control.Status()
	if !settled(status.Adapters) {
		return false
	}
	if s.app.terminal(s.app.out) {
		fmt.Fprint(s.app.out, s.app.summary(status, s.control.host.Config()))
	}
	return true
}

// summaryAdapters is how many adapters the summary names; it has twelve lines at most.
const summaryAdapters = 3

// summary returns what runs, where, and what to do next, in at most twelve lines.
func (a *app) summary(status admin.Status, conf *config.Config) string {
	var lines []string
	add := func(label, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("  %-12s  ", label)+fmt.Sprintf(format, args...))
	}
	welcome := a.colours(a.out)
	shown := status.Adapters[:min(len(status.Adapters), summaryAdapters)]
	for _, adapter := range shown {
		state := paint(fmt.Sprintf("%-12s", adapter.State), stateColour(adapter), welcome)
		add(cut(adapter.Name, 12), "%s  %s", state, oneLine(whereOrWhy(adapter)))
	}
	agent := string(conf.Agent.Kind)
	if conf.Agent.Kind == config.AgentOpenAI {
		agent += " at " + conf.Agent.BaseURL
	}
	if more := len(status.Adapters) - len(shown); more > 0 {
		agent += fmt.Sprintf("    (and %d more adapters: %s)", more, a.command("status"))
	}
	add("agent", "%s", agent)
	add("data", "%s", conf.DataDir)
	lines = append(lines, "")
	for i, tip := range a.tips(status, conf) {
		label := "try"
		if i > 0 {
			label = ""
		}
		add(label, "%s", tip)
	}
	add("stop", "Ctrl-C")
	head := fmt.Sprintf("innkeeper %s runs (pid %d)\n\n", status.Process.Version, status.Process.PID)
	return head + strings.Join(lines, "\n") + "\n"
}

// whereOrWhy returns the address of what serves, and the reason of what does not.
func whereOrWhy(adapter admin.Adapter) string {
	if adapter.State != string(supervisor.Connected) {
		text := adapter.Reason
		if adapter.NextAttempt != nil {
			text += fmt.Sprintf(" (again in %s)", shortDuration(time.Until(*adapter.NextAttempt)))
		}
		return text
	}
	if adapter.Listen == "" {
		return ""
	}
	return "http://" + reachable(adapter.Listen)
}

// tips returns what to do next, three lines at most.
func (a *app) tips(status admin.Status, conf *config.Config) []string {
	for _, adapter := range status.Adapters {
		c := conf.Adapter(adapter.Name)
		if adapter.State != string(supervisor.Connected) || c == nil || chatRoute(c) == nil {
			continue
		}
		return []string{
			a.command(`ask "hello"`),
			fmt.Sprintf(`curl -H "Authorization: Bearer $KEY" http://%s/v1/models    # the key is in %s`, reachable(adapter.Listen), a.keyPlace(conf, c)),
			a.command("status"),
		}
	}
	for _, adapter := range status.Adapters {
		if adapter.State == string(supervisor.Unconfigured) {
			return []string{"set what is missing, then: " + a.command("reload"), a.command("check") + "    # why an adapter is not loaded"}
		}
	}
	return []string{a.command("status")}
}

// keyPlace returns where the key of an adapter can be read.
func (a *app) keyPlace(conf *config.Config, c *config.Adapter) string {
	if !conf.Missing {
		return a.configPath
	}
	if key := c.Manifest.BearerKey(); key != nil && len(key.Env) > 0 {
		return "$" + key.Env[0]
	}
	return "the environment"
}
