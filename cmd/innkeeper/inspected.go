package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
)

// inspected is what can be seen of a module without running it. Its JSON form is stable. All texts in it may come from a stranger.
type inspected struct {
	Adapter     string           `json:"adapter,omitempty"` // empty for a file
	Name        string           `json:"name"`
	Version     string           `json:"version"`
	Description string           `json:"description"`
	File        string           `json:"file"`
	Manifest    string           `json:"manifest"` // "inside", or the path of the file beside
	Size        int              `json:"size"`
	SHA256      string           `json:"sha256"`
	Families    []string         `json:"families"`
	Databases   []string         `json:"databases"`
	Exclusive   bool             `json:"exclusive"` // two generations of it may not run at once
	HTTP        *inspectedHTTP   `json:"http"`
	Settings    []inspectedValue `json:"settings"`
	Imports     []inspectedGroup `json:"imports"`
	Asks        []inspectedAsk   `json:"asks"` // what needs a grant
	Runs        bool             `json:"runs"`
	Why         string           `json:"why"` // it would not run
	Hint        string           `json:"hint,omitempty"`

	code int // to exit with if it would not run
}

type inspectedHTTP struct {
	Listen string           `json:"listen"` // empty: mounted on the shared address
	Routes []inspectedRoute `json:"routes"`
}

type inspectedRoute struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Guard  string `json:"guard"`
	Header string `json:"key_header,omitempty"` // that carries the key
}

type inspectedValue struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Required    bool     `json:"required"`
	Secret      bool     `json:"secret"`
	Live        bool     `json:"live"`
	Default     string   `json:"default,omitempty"`
	Env         []string `json:"env,omitempty"`
	Description string   `json:"description"`
}

// inspectedGroup is what a module imports under one import module name.
type inspectedGroup struct {
	Module    string   `json:"module"`
	Functions []string `json:"functions"`
}

type inspectedAsk struct {
	What    string `json:"what"`
	Granted bool   `json:"granted"`
}

// show describes an artifact; its manifest may be missing.
func show(a *artifact.Artifact) inspected {
	i := inspected{
		File: a.Reference, Size: a.Size, SHA256: a.SHA256(), Families: []string{}, Databases: []string{}, Settings: []inspectedValue{},
		Imports: imports(a), Asks: []inspectedAsk{},
	}
	m := a.Manifest
	if m == nil {
		return i
	}
	i.Name, i.Version, i.Description, i.Manifest, i.Exclusive = m.Name, m.Version, m.Description, "inside", m.Exclusive
	if a.Beside != "" {
		i.Manifest = a.Beside
	}
	i.Families, i.Databases = append(i.Families, m.Families...), append(i.Databases, m.Databases...)
	i.HTTP = showHTTP(m.HTTP)
	for n := range m.Settings {
		i.Settings = append(i.Settings, showSetting(&m.Settings[n]))
	}
	return i
}

func showHTTP(h *manifest.HTTP) *inspectedHTTP {
	if h == nil {
		return nil
	}
	shown := &inspectedHTTP{Listen: h.Listen, Routes: []inspectedRoute{}}
	for _, r := range h.Routes {
		shown.Routes = append(shown.Routes, inspectedRoute{
			Name: r.Name, Method: r.Method, Path: r.Path, Guard: string(r.Guard), Header: h.HeaderOf(&r),
		})
	}
	return shown
}

func showSetting(s *manifest.Setting) inspectedValue {
	v := inspectedValue{
		Name: s.Name, Type: string(s.Type), Required: s.Required, Secret: s.Secret, Live: s.Live, Env: s.Env, Description: s.Description,
	}
	if s.Default != nil {
		v.Default = s.Format(s.Default)
	}
	return v
}

// imports lists what a module imports, as far as it can be read.
func imports(a *artifact.Artifact) []inspectedGroup {
	list, err := module.Imports(a.Bytes())
	if err != nil {
		return []inspectedGroup{}
	}
	groups := map[string][]string{}
	for _, imp := range list {
		groups[imp.Module] = append(groups[imp.Module], imp.Name)
	}
	sorted := []inspectedGroup{}
	for name, functions := range groups {
		slices.Sort(functions)
		sorted = append(sorted, inspectedGroup{Module: name, Functions: slices.Compact(functions)})
	}
	slices.SortFunc(sorted, func(a, b inspectedGroup) int { return strings.Compare(a.Module, b.Module) })
	return sorted
}

func asksOf(asks, grants []string) []inspectedAsk {
	list := []inspectedAsk{}
	for _, ask := range asks {
		list = append(list, inspectedAsk{What: ask, Granted: slices.Contains(grants, ask)})
	}
	return list
}

// print shows it to a person.
func (i *inspected) print(w io.Writer, colours bool) {
	line := func(label, text string) { fmt.Fprintf(w, "%-10s  %s\n", label, text) }
	title := strings.TrimSpace(i.Name + " " + i.Version)
	if i.Adapter != "" && i.Adapter != i.Name {
		title += " as " + i.Adapter
	}
	if title != "" {
		line("module", printable(title))
	}
	if i.Description != "" {
		line("", printable(i.Description))
	}
	line("file", printable(i.File))
	if i.SHA256 != "" {
		line("size", fmt.Sprintf("%.1f MiB (%d bytes)", float64(i.Size)/(1<<20), i.Size))
		line("sha256", i.SHA256)
	}
	if i.Manifest != "" {
		line("manifest", printable(i.Manifest))
		i.printWants(w, line, colours)
	}
	for n, group := range i.Imports {
		label := "imports"
		if n > 0 {
			label = ""
		}
		line(label, printable(group.Module)+"  "+each(group.Functions))
	}
	verdict := paint("yes", green, colours)
	if !i.Runs {
		verdict = paint("no", red, colours) + ": " + strings.TrimSuffix(oneLine(i.Why)+"; "+oneLine(i.Hint), "; ")
	}
	line("runs here", verdict)
}

// printWants shows what the manifest says.
func (i *inspected) printWants(w io.Writer, line func(label, text string), colours bool) {
	line("families", orDash(strings.Join(i.Families, ", ")))
	line("databases", orDash(strings.Join(i.Databases, ", ")))
	if i.Exclusive {
		line("exclusive", "yes: a generation ends before the next begins")
	} else {
		line("exclusive", "no: a new generation begins beside the one before")
	}
	line("reach", "nothing outside of this host")
	var asks []string
	for _, ask := range i.Asks {
		state := paint("not granted", yellow, colours)
		if ask.Granted {
			state = paint("granted", green, colours)
		}
		asks = append(asks, printable(ask.What)+" ("+state+")")
	}
	if len(asks) == 0 {
		asks = append(asks, "nothing that needs a grant")
	}
	line("asks for", strings.Join(asks, ", "))
	if i.HTTP != nil {
		line("listens", orElse(i.HTTP.Listen, "mounted on the address of [front]"))
		i.printRoutes(w, colours)
	}
	i.printSettings(w, colours)
	fmt.Fprintln(w)
}

func (i *inspected) printRoutes(w io.Writer, colours bool) {
	t := &table{head: []string{"ROUTE", "METHOD", "PATH", "GUARD"}}
	for _, r := range i.HTTP.Routes {
		guard := cell{r.Guard, none}
		if r.Guard == string(manifest.GuardOpen) {
			guard.colour = yellow
		}
		if r.Header != "" && r.Header != manifest.BearerHeader {
			guard.text += " in " + r.Header
		}
		t.add(plain("%s", r.Name), plain("%s", r.Method), plain("%s", r.Path), guard)
	}
	fmt.Fprintln(w)
	t.write(w, colours)
}

func (i *inspected) printSettings(w io.Writer, colours bool) {
	if len(i.Settings) == 0 {
		return
	}
	t := &table{head: []string{"SETTING", "TYPE", "NEEDED", "DEFAULT", "ENVIRONMENT", "WHAT IT IS"}}
	for _, s := range i.Settings {
		kind, needed := s.Type, cell{"", none}
		if s.Secret {
			kind = "secret"
		}
		if s.Live {
			kind += ", live"
		}
		if s.Required {
			needed = cell{"yes", yellow}
		}
		t.add(plain("%s", s.Name), plain("%s", kind), needed, plain("%s", s.Default), plain("%s", strings.Join(s.Env, " ")), plain("%s", printable(s.Description)))
	}
	fmt.Fprintln(w)
	t.write(w, colours)
}

// each lists names that come from a stranger.
func each(names []string) string {
	shown := make([]string, len(names))
	for n, name := range names {
		shown[n] = printable(name)
	}
	return strings.Join(shown, ", ")
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func isUnprintable(r rune) bool { return !unicode.IsPrint(r) }
