// Package sqlitefn is the host function family sqlite: SQLite databases of an adapter, by label.
//
// It owns everything between a guest's call and github.com/ncruces/go-sqlite3: where a label's file lies and whether it
// may be opened, what SQL may do, how long a call and how large a value may be, what a fault of the library does to the
// connection, and how SQLite's codes become results. Handles live in the instance's ledger, which closes them.
//
// It must not know what a slot is, who calls it, or how guest memory works: it gets plain slices and gives numbers.
//
// # Durability
//
// Databases are in WAL mode with synchronous=NORMAL. What was committed survives the death of the process at any point,
// because it is in the operating system's cache; a loss of power may take the last commits with it, never the
// consistency of the file. An adapter that needs more says PRAGMA synchronous=FULL.
//
// # What is not as in plain SQLite
//
// ATTACH, DETACH, VACUUM INTO and most pragmas are denied. Temporary tables, sorts and VACUUM work in memory and are bounded
// by it. Foreign keys are enforced from the start. A call that cannot be interrupted costs its connection.
package sqlitefn

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
)

// The kinds of handles. A statement's parent is its connection.
const (
	KindConnection ledger.Kind = "sqlite.connection"
	KindStatement  ledger.Kind = "sqlite.statement"
)

// The codes that [Config.Fatal] gets: a database file is damaged, or is no file that this program makes.
const (
	CodeCorrupt = "database_corrupt"
	CodeRefused = "database_refused"
)

// Limits bounds each connection. A zero field means the default from package limits.
type Limits struct {
	CallBudget  time.Duration // of one call, after which a statement is interrupted
	BusyTimeout time.Duration // of one wait for another connection's lock
	MaxLength   int           // of a text, blob or row, in bytes
	MaxMemory   int64         // of one connection, in bytes
	MaxDatabase int64         // of a database file, in bytes
	MaxWAL      int64         // of a write-ahead log, in bytes
	MaxDisk     int64         // of all files in the adapter's folder, in bytes
}

func (l Limits) withDefaults() Limits {
	if l.CallBudget == 0 {
		l.CallBudget = CallBudget
	}
	if l.BusyTimeout == 0 {
		l.BusyTimeout = min(BusyTimeout, l.CallBudget)
	}
	if l.MaxLength == 0 {
		l.MaxLength = LengthBytes
	}
	if l.MaxMemory == 0 {
		l.MaxMemory = MemoryBytes
	}
	if l.MaxDatabase == 0 {
		l.MaxDatabase = DatabaseBytes
	}
	if l.MaxWAL == 0 {
		l.MaxWAL = WALBytes
	}
	if l.MaxDisk == 0 {
		l.MaxDisk = limits.DiskBytes
	}
	return l
}

// Config is what a Family needs.
type Config struct {
	// Dir is the adapter's folder; LABEL.db lies in it. It is made at the first open, with mode 0700.
	Dir string
	// Labels are the databases that the manifest names.
	Labels []string
	// Ledger holds the handles; it is required. Its owner closes it.
	Ledger *ledger.Ledger
	Limits Limits
	// Descriptors is charged for the files of every connection; nil bounds nothing.
	Descriptors *budget.Budget
	// Databases knows what other instances of the adapter have open; nil if there are none.
	Databases *Databases
	// Fatal, if set, is told once that a database file is damaged: a code and a sentence for the operator. It runs on
	// the guest's thread with no handle locked, and must return soon.
	Fatal func(code, message string)
	// Work, if set, is called now and then while a statement runs, by the goroutine of the call. It may wait until ctx ends.
	Work func(ctx context.Context)
	// VFS is a seam for tests: the name under which one of theirs is registered with SQLite; empty means the system's files.
	VFS string
	// Logger gets what an operator should see; nil drops it.
	Logger *slog.Logger
}

// Family is the sqlite functions as one instance sees them. It is safe for concurrent use: calls on one connection and its
// statements take turns.
type Family struct {
	ctx         context.Context // the instance's: cancelled when it is killed
	closing     context.Context // the same without the cancel, for closing what was opened
	dir         string
	labels      map[string]bool
	ledger      *ledger.Ledger
	descriptors *budget.Budget
	limits      Limits
	work        func(context.Context)
	vfs         string
	log         *slog.Logger
	folder      *folder

	fatal     func(code, message string)
	fatalOnce sync.Once

	mu      sync.Mutex
	damages map[string]*atomic.Pointer[damageError] // by the file's path
}

var _ abi.SQLite = (*Family)(nil)

// New makes the family for one instance, whose context is ctx. Nothing is opened or made on disk before the guest's first
// open.
func New(ctx context.Context, cfg Config) *Family {
	labels := make(map[string]bool, len(cfg.Labels))
	for _, label := range cfg.Labels {
		labels[label] = true
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	databases := cfg.Databases
	if databases == nil {
		databases = &Databases{}
	}
	return &Family{
		ctx:         ctx,
		closing:     context.WithoutCancel(ctx),
		dir:         cfg.Dir,
		labels:      labels,
		descriptors: cfg.Descriptors,
		ledger:      cfg.Ledger,
		limits:      cfg.Limits.withDefaults(),
		work:        cfg.Work,
		vfs:         cfg.VFS,
		log:         log,
		folder:      databases.folder(cfg.Dir),
		fatal:       cfg.Fatal,
		damages:     map[string]*atomic.Pointer[damageError]{},
	}
}

// damageOf returns the place in which the connections to one file keep what they found out about it.
func (f *Family) damageOf(path string) *atomic.Pointer[damageError] {
	f.mu.Lock()
	defer f.mu.Unlock()
	damage := f.damages[path]
	if damage == nil {
		damage = new(atomic.Pointer[damageError])
		f.damages[path] = damage
	}
	return damage
}

// reportRefused tells the operator, once for the instance, that something else lies where a database should.
func (f *Family) reportRefused(refused *refusedError) {
	f.fatalOnce.Do(func() {
		if f.fatal != nil {
			f.fatal(CodeRefused, refused.Error()+": move it away, then start the adapter again")
		}
	})
}

// reportDamage tells the operator, once for the instance, that a database file is damaged.
func (f *Family) reportDamage(damage *damageError) {
	f.fatalOnce.Do(func() {
		f.log.Error("sqlite: database damaged", "file", damage.path, "error", damage.why)
		if f.fatal != nil {
			f.fatal(CodeCorrupt, damage.Error())
		}
	})
}
