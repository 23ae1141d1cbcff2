// Package family says what a family of host functions is to the host: a plug.
//
// It owns the words between a family and whoever puts families together: what a family brings, and what it finds. It knows
// no family and nothing of how guests run.
package family

import (
	"context"
	"log/slog"
	"time"

	"innkeeper/hostfuncs/hostcall"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/mailbox"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/outcome"
)

// Plug is a family as a host has it, for any number of instances.
type Plug struct {
	// Table is its functions: their row in the ABI's table, and their code.
	hostcall.Table
	// Always tells that every instance has the family, whether its manifest asks for it or not.
	Always bool
	// Handles are the kinds of handles that it gives out.
	Handles []Handles
	// Storage, if set, returns what the family keeps in an adapter's folder. It looks at no disk and waits for nobody.
	Storage func(folder string) Storage
	// New makes the family for one instance. It opens nothing.
	New func(core Core) Instance
}

// Storage is how much an adapter has stored, as it was seen last.
type Storage struct {
	// Used of Limit is taken by the files in its folder, in bytes. Limit is 0 if nothing was opened yet.
	Used, Limit int64
	// LeftInLogs is how much of it are write-ahead logs of databases that are closed: what was committed and is not in the
	// database's own file yet, in bytes. The next open takes it from there.
	LeftInLogs int64
}

// Handles is a kind of handle.
type Handles struct {
	Kind ledger.Kind
	// Quota is how many one instance may have open unless the operator says otherwise.
	Quota int
}

// Instance is a family as one instance of a guest has it.
type Instance struct {
	// Functions implements the family's interface of package abi.
	Functions any
	// Drain, if set, is called when the instance is about to end: it gets no new work from then on.
	Drain func()
	// Close, if set, waits for everything that worked for the instance without a handle, until ctx ends. It comes after all
	// handles were closed, runs beside the other families', and may be called more than once.
	Close func(ctx context.Context) error
}

// Facts are what is known of an instance before it runs.
type Facts struct {
	// Adapter is the name under which the operator configured it.
	Adapter    string
	Generation uint64
	// Version is the host's.
	Version string
	// Manifest is what the module says of itself; it is never nil.
	Manifest *manifest.Manifest
	// Folder is where the adapter's files lie. It may not be there yet.
	Folder string
	// Disk is how much the files in Folder may take together, in bytes; 0 means the default.
	Disk int64
	// Secrets tells which of the secret settings the operator has set.
	Secrets map[string]bool
	// Drain is how long open work may go on after a shutdown.
	Drain time.Duration
	// MaxBody is the largest request body that the host lets through, in bytes.
	MaxBody int64
	// KeepAlive is how long an event stream may be silent before its client gets a comment, and how often a WebSocket's client
	// is asked for a sign of life; 0 means never.
	KeepAlive time.Duration
	// AnswerTimeout is how long the guest has to begin an answer before the host gives 504; 0 means the default.
	AnswerTimeout time.Duration
	Logger        *slog.Logger
}

// Core is what the families of one instance share.
type Core struct {
	Facts
	// Context is the instance's own: it ends when the instance is killed.
	Context context.Context
	// Ledger holds every handle of the instance and closes what is left of them.
	Ledger *ledger.Ledger
	// Mailbox brings events to the guest.
	Mailbox *mailbox.Mailbox
	// Flight is charged for what waits in the host for the guest or for its clients, in bytes; all instances of the host share it. It may
	// be nil, which bounds nothing.
	Flight *budget.Budget
	// Descriptors is charged for every file that is open for the guest; all instances of the host share it. It may be nil, which bounds
	// nothing.
	Descriptors *budget.Budget
	// Settings gives the adapter's settings as a JSON object, without the secret ones. They may change.
	Settings func() []byte
	// Predecessor is the generation of the older instance that still finishes its work, 0 if there is none.
	Predecessor func() uint64
	// Passes reports whether that one takes what this one passes on.
	Passes func() bool
	// Ready is called, once and on the guest's thread, when the guest can serve.
	Ready func()
	// Failed is called when the guest says why it is about to end. The last call counts.
	Failed func(outcome.Failure)
	// Fatal ends the instance for a reason that no other run can mend: a code and a sentence for the operator. The first call
	// counts.
	Fatal func(code, message string)
}
