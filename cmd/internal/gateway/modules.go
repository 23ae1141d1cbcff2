package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/tetratelabs/wazero"

	"innkeeper/adapters/bundled"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
)

const builtinPrefix = "builtin:"

// ReadModule reads a module by its reference: "builtin:NAME" or a path. A file is read up to the largest size that
// admission takes.
func ReadModule(reference string) ([]byte, error) {
	if name, ok := strings.CutPrefix(reference, builtinPrefix); ok {
		return bundled.Module(name)
	}
	file, err := os.Open(reference)
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", reference, err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, int64(module.DefaultLimits().Bytes)+1))
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", reference, err)
	}
	return raw, nil
}

// ErrNoManifest means that a module does not describe itself.
var ErrNoManifest = errors.New("the module has no manifest; add one with: innkeeper pack MODULE MANIFEST")

// ReadManifest reads what a module says of itself, without running it.
func ReadManifest(reference string) (*manifest.Manifest, error) {
	raw, err := ReadModule(reference)
	if err != nil {
		return nil, err
	}
	text, found, err := module.Manifest(raw)
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", reference, err)
	}
	if !found {
		return nil, fmt.Errorf("module[%s]: %w", reference, ErrNoManifest)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("module[%s] manifest: %w", reference, err)
	}
	return m, nil
}

// Builtins are the manifests of the bundled modules.
func Builtins() (map[string]*manifest.Manifest, error) {
	all := map[string]*manifest.Manifest{}
	for _, name := range bundled.Names() {
		m, err := ReadManifest(builtinPrefix + name)
		if err != nil {
			return nil, err
		}
		all[name] = m
	}
	return all, nil
}

// Loader takes modules from their references to programs.
type Loader struct {
	compiled wazero.CompilationCache
	metered  *meteredCache
	wasi     map[string]module.FuncType
}

// NewLoader makes a loader that keeps nothing of what it loads.
func NewLoader(ctx context.Context) (*Loader, error) { return newLoader(ctx, nil, nil) }

// newLoader makes a loader that keeps compiled and metered modules; nil is a cache that keeps nothing.
func newLoader(ctx context.Context, compiled wazero.CompilationCache, metered *meteredCache) (*Loader, error) {
	wasi, err := wasiFunctions(ctx)
	if err != nil {
		return nil, err
	}
	return &Loader{compiled: compiled, metered: metered, wasi: wasi}, nil
}

// Admit reads an adapter's module and decides whether it may run here.
func (l *Loader) Admit(conf *config.Adapter) (*module.Module, error) {
	raw, err := ReadModule(conf.Module)
	if err != nil {
		return nil, err
	}
	return l.admit(raw, conf)
}

func (l *Loader) admit(raw []byte, conf *config.Adapter) (*module.Module, error) {
	admitted, err := module.Admit(raw, l.policy(conf.Manifest))
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", conf.Module, err)
	}
	return admitted, nil
}

// Load admits, meters and compiles an adapter's module. Whatever comes of it, it also returns the SHA-256 of the file, so
// that a reload sees when another lies there; zero if it could not be read.
func (l *Loader) Load(ctx context.Context, conf *config.Adapter) (*engine.Program, [sha256.Size]byte, error) {
	raw, err := ReadModule(conf.Module)
	if err != nil {
		return nil, [sha256.Size]byte{}, err
	}
	program, err := l.compile(ctx, raw, conf)
	return program, sha256.Sum256(raw), err
}

func (l *Loader) compile(ctx context.Context, raw []byte, conf *config.Adapter) (*engine.Program, error) {
	pages := uint32(conf.Limits.Memory / limits.MemoryPageBytes)
	metered, err := l.meter(raw, conf, pages)
	if err != nil {
		return nil, err
	}
	families, err := hostcall.Modules(conf.Manifest.Families)
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", conf.Module, err)
	}
	hostModules := []engine.HostModule{wasifn.Module{}}
	for _, family := range families {
		hostModules = append(hostModules, family)
	}
	program, err := engine.Compile(ctx, engine.Config{
		Wasm: metered, HostModules: hostModules, MemoryPages: pages, Cache: l.compiled,
		Checkpoint:  engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
		Interpreter: conf.Limits.Engine == config.EngineInterpreter,
	})
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", conf.Module, err)
	}
	return program, nil
}

// meter admits and meters a module, or takes what came of that before.
func (l *Loader) meter(raw []byte, conf *config.Adapter, pages uint32) ([]byte, error) {
	name := ""
	if l.metered != nil {
		name = l.metered.name(raw, conf.Manifest.Families, pages)
	}
	if kept, ok := l.metered.get(name); ok {
		return kept, nil
	}
	admitted, err := l.admit(raw, conf)
	if err != nil {
		return nil, err
	}
	metered, err := admitted.Instrument(module.Meter{MaxPages: pages})
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", conf.Module, err)
	}
	l.metered.put(name, metered)
	return metered, nil
}

// lacking tells whether something failed for want of what comes back by itself: descriptors, memory, space. Everything else
// about a module stays as it is until a person changes it.
func lacking(err error) bool {
	return slices.ContainsFunc(
		[]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOSPC, syscall.EAGAIN, syscall.EINTR, syscall.EIO},
		func(passing error) bool { return errors.Is(err, passing) })
}
