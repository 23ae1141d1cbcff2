package manifest

import (
	"fmt"
	"reflect"
	"slices"

	"innkeeper/runtime/limits"
)

// problems lists what is wrong with m, in no particular order.
func (m *Manifest) problems() []problem {
	c := &checker{prefix: EnvPrefix(m.Name), envs: map[string]bool{}}
	c.that(ValidName(m.Name), "must be a name of a-z, 0-9, _ and -, at most 64 characters", "name")
	c.that(m.Name != "innkeeper", "is the host's own name", "name")
	c.that(m.Version != "" && len(m.Version) <= NameMax && printable(m.Version),
		"must be one printable line of at most 64 bytes", "version")
	c.line(m.Description, "description")
	c.env(m.EnabledEnv, "enabled_env")
	c.families(m)
	c.databases(m)
	c.settings(m)
	c.http(m)
	return c.problems
}

// checker collects problems; envs are the environment names seen so far.
type checker struct {
	problems []problem
	prefix   string
	envs     map[string]bool
}

// that adds a problem at path unless ok. It returns ok.
func (c *checker) that(ok bool, msg string, path ...string) bool {
	if !ok {
		c.problems = append(c.problems, problem{path, msg})
	}
	return ok
}

// line checks a text that is shown to people.
func (c *checker) line(text string, path ...string) {
	c.that(len(text) <= limits.ManifestTextBytes && printable(text),
		fmt.Sprintf("must be one printable line of at most %d bytes", limits.ManifestTextBytes), path...)
}

// env checks an environment name, which may be empty.
func (c *checker) env(name string, path ...string) {
	if name == "" {
		return
	}
	c.that(validEnvName(name, c.prefix), fmt.Sprintf("must be a name of A-Z, 0-9 and _ that begins with %s", c.prefix), path...)
	c.that(!c.envs[name], fmt.Sprintf("repeats the environment name %s", shorten(name)), path...)
	c.envs[name] = true
}

// atMost checks a count.
func (c *checker) atMost(n, limit int, path ...string) bool {
	return c.that(n <= limit, fmt.Sprintf("has %d items, at most %d are allowed", n, limit), path...)
}

func (c *checker) families(m *Manifest) {
	c.atMost(len(m.Families), limits.ManifestFamilies, "families")
	seen := map[string]bool{}
	for _, family := range m.Families {
		c.that(ValidSettingName(family), fmt.Sprintf("%s is not the name of a family", shorten(family)), "families")
		c.that(!seen[family], fmt.Sprintf("names %s twice", shorten(family)), "families")
		seen[family] = true
	}
	c.that(len(m.Databases) == 0 || seen[FamilySQLite], "needs the family sqlite", "databases")
	c.that(m.HTTP == nil || seen[FamilyHTTP], "needs the family http", "http")
}

func (c *checker) databases(m *Manifest) {
	c.atMost(len(m.Databases), limits.ManifestDatabases, "databases")
	for i, label := range m.Databases {
		c.that(ValidName(label), "must be labels of a-z, 0-9, _ and -, at most 64 characters each", "databases")
		c.that(!slices.Contains(m.Databases[:i], label), fmt.Sprintf("names %s twice", shorten(label)), "databases")
	}
}

func (c *checker) settings(m *Manifest) {
	if !c.atMost(len(m.Settings), limits.ManifestSettings, "settings") {
		return
	}
	seen := map[string]bool{}
	for i := range m.Settings {
		s := &m.Settings[i]
		c.that(ValidSettingName(s.Name), "must be a name of a-z, 0-9 and _, at most 64 characters", "settings", s.Name)
		c.that(!IsReserved(s.Name), "is a key that every adapter has", "settings", s.Name)
		c.that(!seen[s.Name], "is declared twice", "settings", s.Name)
		seen[s.Name] = true
		c.setting(s)
	}
}

// setting checks one setting, except for its name.
func (c *checker) setting(s *Setting) {
	at := func(key string) []string { return []string{"settings", s.Name, key} }
	if !c.that(s.Type.known(), "must be one of the types", at("type")...) {
		return
	}
	c.line(s.Description, at("description")...)
	c.atMost(len(s.Env), limits.ManifestEnvNames, at("env")...)
	for _, name := range s.Env {
		c.env(name, at("env")...)
	}
	c.that(!s.Secret || s.Type == TypeString, "must be string, because the setting is secret", at("type")...)
	c.that(!s.Secret || s.Default == nil && len(s.Enum) == 0, "a secret cannot have a public value", at("secret")...)
	c.that(!s.Secret || !s.Live, "goes with settings that the guest reads", at("live")...)
	c.that(!s.Required || s.Default == nil, "a required setting cannot have a default", at("default")...)
	c.that(s.Min == nil && s.Max == nil || s.Type.ordered(), "goes with the types int, float, duration and size only", at("min")...)
	c.that(s.Min == nil || s.Max == nil || !less(s.Max, s.Min), "is over max", at("min")...)
	c.that(len(s.Enum) == 0 || s.Type.enumerable(), "goes with the types string and int only", at("enum")...)
	c.atMost(len(s.Enum), limits.ManifestListItems, at("enum")...)
	c.defaultValue(s, at("default"))
}

// defaultValue checks that the default is a value the operator could have written.
func (c *checker) defaultValue(s *Setting, path []string) {
	if s.Default == nil {
		return
	}
	if list, ok := s.Default.([]string); ok {
		c.atMost(len(list), limits.ManifestListItems, path...)
	}
	zero := map[Type]any{
		TypeString: "", TypeInt: int64(0), TypeBool: false, TypeFloat: 0.0, TypeDuration: limits.SettingDurationMax,
		TypeSize: int64(0), TypeStrings: []string(nil),
	}[s.Type]
	if !c.that(reflect.TypeOf(s.Default) == reflect.TypeOf(zero), "must be "+wanted(s.Type), path...) {
		return
	}
	if err := s.check(s.Default); err != nil {
		c.that(false, err.Error(), path...)
	}
}

// IsReserved reports whether name is a key that every adapter's table has, whatever its module.
func IsReserved(name string) bool {
	return slices.Contains([]string{"module", "enabled", "listen", "mount", "grants", "limits", "backoff", "budgets"}, name)
}
