package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/tomldoc"
)

func (a *app) grantCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "grant NAME",
		Short: "Grant an adapter what its module asks for",
		Long: "Grant an adapter what its module asks for beyond this machine, and show what that is. It is written into the configuration,\n" +
			"as grants in [adapters.NAME], and a running host reads it. Look at it first with inspect, which grants nothing.",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeAdapters,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.grant(cmd, args[0])
		},
	}
}

func (a *app) grant(cmd *cobra.Command, name string) error {
	conf, err := a.load()
	if err != nil {
		return err
	}
	adapter := conf.Adapter(name)
	if adapter == nil {
		return fail(exUsage, "see: "+a.command("check"), "there is no adapter %s", printable(name))
	}
	if adapter.Artifact == nil {
		return fail(exConfig, "see: "+a.command("check"), "adapter[%s]: what it asks for cannot be seen: %s", name, adapter.Reason)
	}
	missing := adapter.MissingGrants()
	if len(missing) == 0 {
		fmt.Fprintf(a.out, "%s asks for %s\n", name, orElse(grantedText(adapter), "nothing that needs a grant"))
		return nil
	}
	if err := a.writeGrants(name, missing); err != nil {
		return err
	}
	for _, grant := range missing {
		fmt.Fprintf(a.out, "granted to %s: %s\n", name, printable(grant))
	}
	return a.announceGrant(cmd)
}

func grantedText(adapter *config.Adapter) string {
	if len(adapter.Asks) == 0 {
		return ""
	}
	return each(adapter.Asks) + ", which it was granted already"
}

func (a *app) writeGrants(name string, grants []string) error {
	err := config.Grant(a.configPath, name, grants)
	switch {
	case errors.Is(err, tomldoc.ErrNoPlace):
		return fail(exConfig, fmt.Sprintf("write it by hand into [adapters.%s]: grants = [%s]", name, quotedList(grants)), "%w", err)
	case errors.Is(err, config.ErrEdited):
		return fail(exTempFail, "", "%w", err)
	case err != nil:
		return a.cannotCreate(err, "")
	}
	return nil
}

// announceGrant makes the running host read the configuration, if there is one.
func (a *app) announceGrant(cmd *cobra.Command) error {
	err := a.within(cmd.Context(), time.Minute, func(ctx context.Context, wait admin.Wait) error {
		_, err := a.client().Reload(ctx, wait)
		return err
	})
	var notRunning *admin.NotRunningError
	if errors.As(err, &notRunning) {
		fmt.Fprintf(a.out, "written to %s; nothing runs that would have to be told\n", a.configPath)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "written to %s, and read by the running host\n", a.configPath)
	return nil
}

func quotedList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = fmt.Sprintf("%q", item)
	}
	return strings.Join(quoted, ", ")
}
