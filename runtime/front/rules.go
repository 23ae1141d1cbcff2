package front

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// Why a site cannot be what its configuration says.
var (
	// ErrNoKey means that a route needs the key and the configuration has none. Such a site is never opened.
	ErrNoKey = errors.New("a route needs the key, and there is none")
	// ErrGuard means that a route has a guard that this host does not have.
	ErrGuard = errors.New("this host does not have that guard")
	// ErrMountInUse means that another site has the mount.
	ErrMountInUse = errors.New("another adapter is mounted there")
)

// rules are a site's configuration as requests are held to it. They are never changed, only replaced: a request obeys those
// that it began with.
type rules struct {
	routes *routes
	cors   cors
	errors manifest.ErrorShape // of what no route answers
	limits SiteLimits
	logger *slog.Logger
	// secret are the headers that no backend sees.
	secret  []string
	guarded bool // a route asks for the key
}

// keyedPart is the part of an amount that is set aside for requests that carry the key.
func (r *rules) keyedPart(of int64) int64 {
	if !r.guarded {
		return 0
	}
	return of / limits.KeyedShare
}

func newRules(cfg *SiteConfig, logger *slog.Logger) (*rules, error) {
	if cfg.Logger != nil {
		logger = cfg.Logger
	}
	r := &rules{
		cors: newCORS(cfg.Origins), errors: cmp.Or(cfg.HTTP.Errors, manifest.ErrorsProblem), limits: cfg.Limits.withDefaults(),
		logger: logger, secret: []string{manifest.BearerHeader, "Proxy-Authorization"},
	}
	digest := sha256.Sum256(cfg.Key)
	var list []rule
	for _, route := range cfg.HTTP.Routes {
		guard, err := guardOf(cfg, route, &digest)
		if err != nil {
			return nil, fmt.Errorf("listen[%s] route[%s]: %w", cfg.Address+cfg.Mount, route.Name, err)
		}
		if guard != nil {
			r.secret, r.guarded = append(r.secret, guard.header), true
		}
		list = append(list, rule{Route: route, key: guard, errors: cmp.Or(route.Errors, r.errors)})
	}
	r.routes = newRoutes(list)
	return r, nil
}

// guardOf makes the guard of a route; nil for one that is open.
func guardOf(cfg *SiteConfig, route manifest.Route, digest *[sha256.Size]byte) (*keyGuard, error) {
	switch route.Guard {
	case manifest.GuardOpen:
		return nil, nil
	case manifest.GuardKey:
		if len(cfg.Key) == 0 {
			return nil, ErrNoKey
		}
		return &keyGuard{cfg.HTTP.HeaderOf(&route), digest}, nil
	}
	return nil, fmt.Errorf("guard[%s]: %w", route.Guard, ErrGuard)
}
