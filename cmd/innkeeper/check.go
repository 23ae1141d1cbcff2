package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/config"
)

// checked is the outcome of a check. Its JSON form is stable.
type checked struct {
	Config   string           `json:"config"`
	DataDir  string           `json:"data_dir"`
	Agent    string           `json:"agent"`
	OK       bool             `json:"ok"`
	Limits   []checkedLimit   `json:"limits"` // of all adapters together
	Adapters []checkedAdapter `json:"adapters"`
	Ignored  []checkedFile    `json:"ignored"` // files in adapters_dir that are no adapters
	Errors   []checkedError   `json:"errors"`
}

// checkedLimit is a limit of all adapters together.
type checkedLimit struct {
	Name   string `json:"name"`
	Limit  int64  `json:"limit"`
	Origin string `json:"origin"`
	Text   string `json:"-"` // for people
}

// checkedLimits lists the limits that may follow from the machine.
func checkedLimits(l config.HostLimits) []checkedLimit {
	return []checkedLimit{
		{"memory", l.Memory, l.Origin.Memory, budget.Bytes(l.Memory)},
		{"bytes_in_flight", l.BytesInFlight, l.Origin.BytesInFlight, budget.Bytes(l.BytesInFlight)},
		{"descriptors", int64(l.Descriptors), l.Origin.Descriptors, fmt.Sprint(l.Descriptors)},
	}
}

// checkedFile is a file in adapters_dir that cannot be an adapter of its name.
type checkedFile struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// checkedAdapter says whether one adapter would load.
type checkedAdapter struct {
	Name   string `json:"name"`
	Loads  bool   `json:"loads"`
	State  string `json:"state"` // "load", or "disabled", "unconfigured", "ungranted", "failed"
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
	Module string `json:"module"`
	Listen string `json:"listen"`
	SHA256 string `json:"sha256,omitempty"`
}

// checkedError is one thing that is wrong with the configuration.
type checkedError struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Table   string `json:"table"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say whether the configuration is right and which adapters would load",
		Long: "Say whether the configuration is right and for each adapter whether it would load, and if not why. Modules are held\n" +
			"against the host functions that they were granted, and nothing is run. What check lets pass, run does.\n\n" +
			"Exits with 0 if every adapter that is not switched off would load, else with 78.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.check(cmd, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, whose form is stable")
	return cmd
}

func (a *app) check(cmd *cobra.Command, asJSON bool) error {
	conf, err := a.load()
	var wrong config.Errors
	if asJSON && errors.As(err, &wrong) {
		outcome := checked{Config: a.configPath, Limits: []checkedLimit{}, Adapters: []checkedAdapter{}, Ignored: []checkedFile{}, Errors: checkedErrors(wrong)}
		if err := printJSON(a.out, outcome); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	host, err := gateway.NewHost(cmd.Context(), a.compiler(), gateway.BudgetOf(conf))
	if err != nil {
		return err
	}
	defer host.Close(context.WithoutCancel(cmd.Context()))
	outcome := checked{
		Config: conf.Path, DataDir: conf.DataDir, Agent: string(conf.Agent.Kind), OK: true,
		Limits: checkedLimits(conf.Limits), Adapters: []checkedAdapter{}, Ignored: []checkedFile{}, Errors: []checkedError{},
	}
	for _, ignored := range conf.DropIns.Ignored {
		outcome.Ignored = append(outcome.Ignored, checkedFile{ignored.Path, ignored.Reason})
		outcome.OK = false
	}
	for i := range conf.Adapters {
		c := checkAdapter(cmd.Context(), host, conf, &conf.Adapters[i])
		outcome.Adapters = append(outcome.Adapters, c)
		outcome.OK = outcome.OK && (c.Loads || c.State == string(config.Disabled))
	}
	short := gateway.CheckDescriptors(conf)
	if short != nil {
		outcome.OK = false
		outcome.Errors = append(outcome.Errors, checkedError{File: conf.Path, Table: "limits", Message: short.Error()})
	}
	if err := a.printChecked(outcome, asJSON); err != nil {
		return err
	}
	switch {
	case short != nil:
		return short
	case !outcome.OK:
		return fail(exConfig, "the reasons are above", "not every adapter would load")
	}
	return nil
}

// checkAdapter goes as far as a load would without running anything.
func checkAdapter(ctx context.Context, host *artifact.Host, all *config.Config, conf *config.Adapter) checkedAdapter {
	c := checkedAdapter{
		Name: conf.Name, State: string(conf.Disposition), Reason: conf.Reason, Module: conf.Module, Listen: conf.Endpoint(),
	}
	if !conf.Enabled() {
		return c
	}
	err := host.Check(ctx, conf.Artifact, gateway.OptionsOf(conf))
	if err == nil {
		err = gateway.CheckMemory(host, all, conf.Artifact)
	}
	if err != nil {
		c.State, c.Reason = string(config.Failed), err.Error()
		var refused *artifact.Refusal
		if errors.As(err, &refused) {
			c.Hint = refused.Hint
		}
		return c
	}
	c.Loads, c.SHA256 = true, conf.Artifact.SHA256()
	return c
}

func checkedErrors(wrong config.Errors) []checkedError {
	list := []checkedError{}
	for _, e := range wrong {
		list = append(list, checkedError{e.File, e.Line, e.Col, e.Table, e.Msg, e.Hint})
	}
	return list
}

func (a *app) printChecked(outcome checked, asJSON bool) error {
	if asJSON {
		return printJSON(a.out, outcome)
	}
	fmt.Fprintf(a.out, "config %s is valid; agent %s, data %s\n\n", outcome.Config, outcome.Agent, outcome.DataDir)
	for _, limit := range outcome.Limits {
		fmt.Fprintf(a.out, "%s: %s (%s)\n", limit.Name, limit.Text, limit.Origin)
	}
	fmt.Fprintln(a.out)
	for _, ignored := range outcome.Ignored {
		fmt.Fprintf(a.out, "ignored %s: %s\n", printable(ignored.File), oneLine(ignored.Reason))
	}
	if len(outcome.Adapters) == 0 {
		fmt.Fprintln(a.out, "no adapter is configured")
		return nil
	}
	t := &table{head: []string{"NAME", "WOULD LOAD", "MODULE", "ADDRESS", "WHY NOT"}}
	for _, c := range outcome.Adapters {
		verdict := cell{"yes", green}
		switch {
		case c.Loads:
		case c.State == string(config.Disabled):
			verdict = cell{"no: disabled", dim}
		default:
			verdict = cell{"no: " + c.State, red}
		}
		reason := c.Reason
		if c.Hint != "" {
			reason += "; " + c.Hint
		}
		t.add(plain("%s", c.Name), verdict, plain("%s", c.Module), plain("%s", c.Listen), plain("%s", reason))
	}
	t.write(a.out, a.colours(a.out))
	return nil
}
