package gateway

import (
	"log/slog"
	"path/filepath"

	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/runtime/config"
	"innkeeper/runtime/front"
	"innkeeper/runtime/ledger"
)

// FolderOf is where an adapter's files lie.
func FolderOf(dataDir, name string) string { return filepath.Join(dataDir, name) }

// SiteOf is what the configuration says of an adapter's site.
func SiteOf(conf *config.Adapter, logger *slog.Logger) front.SiteConfig {
	own := conf.Limits
	return front.SiteConfig{
		Address: conf.Listen, Mount: conf.Mount, HTTP: conf.Manifest.HTTP,
		Key: []byte(conf.BearerKey().Reveal()), Origins: conf.Origins(),
		Limits: front.SiteLimits{
			BodyBytes: own.MaxBody, ReadBodyTimeout: own.ReadBodyTimeout, Exchanges: own.MaxConcurrent,
		},
		AddressLimits: front.AddressLimits{
			HeaderBytes: int(own.MaxHeader), Connections: own.MaxConnections, ReadHeaderTimeout: own.ReadHeaderTimeout,
			IdleTimeout: own.IdleTimeout, WriteStallTimeout: own.WriteStallTimeout,
		},
		Logger: logger,
	}
}

// GuestOf is what the configuration says of an adapter's instance. The rest is the caller's: generation, folder, families,
// logger and predecessor.
func GuestOf(conf *config.Adapter) (guesthost.Config, error) {
	settings, err := conf.SettingsJSON()
	if err != nil {
		return guesthost.Config{}, err
	}
	secrets := map[string]bool{}
	for _, setting := range conf.Manifest.Settings {
		if setting.Secret {
			secrets[setting.Name] = !conf.Secrets[setting.Name].IsZero()
		}
	}
	kinds := map[ledger.Kind]int{}
	for kind, bound := range conf.Limits.Handles {
		kinds[ledger.Kind(kind)] = bound
	}
	return guesthost.Config{
		Facts: family.Facts{
			Adapter: conf.Name, Manifest: conf.Manifest, Secrets: secrets, Drain: conf.Budgets.Drain, MaxBody: conf.Limits.MaxBody, Disk: conf.Limits.Disk,
			KeepAlive: conf.KeepAlive(), AnswerTimeout: conf.Limits.AnswerTimeout,
		},
		Settings: settings, Quota: ledger.Quota{Total: conf.Limits.HandlesTotal, Kinds: kinds},
	}, nil
}
