package config

import (
	"fmt"
	"slices"
	"strings"

	"innkeeper/runtime/manifest"
)

// settings reads what the manifest declares: from the TOML, else from the environment, else the default. A required
// setting without a usable value is a reason to be unconfigured.
func (b *building) settings() {
	for i := range b.Manifest.Settings {
		s := &b.Manifest.Settings[i]
		v, why := b.fromTOML(s)
		if v == nil && b.obeysEnv() {
			var envWhy string
			v, envWhy = b.fromEnvNames(s)
			why = firstOf(why, envWhy)
		}
		if v == nil {
			v = s.Default
		}
		switch secret, isSecret := v.(Secret); {
		case isSecret:
			b.Secrets[s.Name] = secret
		case v != nil:
			b.Settings[s.Name] = v
		case s.Required || why != "":
			b.reasons = append(b.reasons, b.reason(s, why))
		}
	}
}

// fromTOML returns the setting's value, or nil and why what is written counts as missing; both are zero if nothing is
// written or if the value was complained about.
func (b *building) fromTOML(s *manifest.Setting) (v any, why string) {
	raw, written := b.raw[s.Name]
	if !written {
		return nil, ""
	}
	v, err := b.value(s, raw)
	switch {
	case err != nil && isMissing(err) && (s.Required || s.Secret):
		return nil, fmt.Sprintf("%s %v", b.where(s), err)
	case err != nil:
		b.refuse(b.path, s, err)
		return nil, ""
	}
	problem := b.unusable(s, v)
	switch {
	case problem == "":
		return v, ""
	case !s.Required:
		return nil, "" // an optional secret that is left empty is simply not set
	}
	return nil, b.where(s) + " " + problem
}

// where names the place of a setting in the file.
func (b *building) where(s *manifest.Setting) string {
	at, _ := b.doc.Value(append(slices.Clip(b.path), s.Name)...)
	return fmt.Sprintf("the value in %s line %d", b.file, b.doc.Position(at.Offset).Line)
}

// fromEnvNames returns the value of the first environment name that is set and usable.
func (b *building) fromEnvNames(s *manifest.Setting) (v any, why string) {
	for _, name := range s.Env {
		text, ok := b.env(name)
		if !ok {
			continue
		}
		v, err := s.CoerceText(text)
		if err != nil {
			b.complainEnv(name, err)
			return nil, ""
		}
		if s.Secret {
			v = NewSecret(text)
		}
		problem := b.unusable(s, v)
		if problem == "" {
			return v, ""
		}
		why = firstOf(why, fmt.Sprintf("%s in the environment %s", name, problem))
	}
	return nil, why
}

// unusable says why a value counts as missing: nothing in it, or no key to guard a door with.
func (b *building) unusable(s *manifest.Setting, v any) string {
	secret, isSecret := v.(Secret)
	text, isText := v.(string)
	switch {
	case isSecret && secret.IsZero(), isText && text == "" && s.Required:
		return "is empty"
	case isSecret && b.Manifest.BearerKey() != nil && b.Manifest.BearerKey().Name == s.Name:
		if err := manifest.CheckKey(secret.Reveal()); err != nil {
			return err.Error()
		}
	}
	return ""
}

// reason is the line that status shows: what is missing, why, and how to set it.
func (b *building) reason(s *manifest.Setting, why string) string {
	how := fmt.Sprintf(`set %s = "env:NAME" or "file:PATH" in [%s]`, s.Name, dotted(b.path))
	if len(s.Env) > 0 && b.obeysEnv() {
		how = fmt.Sprintf(`set %s = "env:%s" in [%s] or %s in the environment`, s.Name, s.Env[0], dotted(b.path), s.Env[0])
	}
	if why == "" {
		return fmt.Sprintf("setting %q is missing: %s", s.Name, how)
	}
	return fmt.Sprintf("setting %q counts as missing: %s; %s", s.Name, why, how)
}

// decide settles what becomes of an adapter that is not switched off.
func (b *building) decide() {
	missing := b.MissingGrants()
	if len(missing) > 0 {
		ask := fmt.Sprintf("it asks for %s; look at it with: innkeeper inspect %s, and grant it with: innkeeper grant %s",
			strings.Join(missing, ", "), b.Name, b.Name)
		b.Disposition, b.Reason = Ungranted, ask
	}
	if len(b.reasons) > 0 {
		reasons := b.reasons
		if b.Reason != "" {
			reasons = append(reasons, b.Reason)
		}
		b.Disposition, b.Reason = Unconfigured, strings.Join(reasons, "; ")
	}
}

// isReference reports whether text is env:NAME or file:PATH.
func isReference(text string) bool {
	return strings.HasPrefix(text, envPrefix) || strings.HasPrefix(text, filePrefix)
}

// hasReferences reports whether raw is a list with a reference in it.
func hasReferences(raw any) bool {
	items, _ := raw.([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		text, ok := item.(string)
		return ok && isReference(text)
	})
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
