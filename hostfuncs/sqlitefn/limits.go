package sqlitefn

import "time"

// Bounds of one SQLite connection of a guest. Times are those of one host call.
const (
	// CallBudget ends a statement that runs longer in one call, with SQLITE_INTERRUPT. It lies under StallBudget,
	// so that a slow query is an error that the guest can answer and not the end of the guest.
	CallBudget = 3 * time.Second

	// ConnectionDescriptors is how many files one connection has open: the database, its write-ahead log, and the index of that. A journal
	// that VACUUM needs for a moment comes out of what the host keeps for itself.
	ConnectionDescriptors = 3

	// BusyTimeout is how long a call waits for another connection's lock before SQLITE_BUSY. Writers hold the lock
	// for well under a millisecond; a second is a stuck one.
	BusyTimeout = 1 * time.Second

	// CallGrace is how long after its deadline, or after the end of its instance, a call may still go on. SQLite looks
	// at the deadline between steps that can take a tenth of a second; past this, the connection is taken from it. The two
	// together stay under StallBudget.
	CallGrace = 1 * time.Second

	// ProgressSteps is how many steps of its machine SQLite takes between two looks at the deadline. One step can be
	// a function over a whole value: upper() of 2 MiB takes 6 ms. A look costs 50 ns, which at 20 steps could not be told
	// from noise in a counting loop.
	ProgressSteps = 20

	// WorkEvery is how often a long statement is counted as the guest's work, and waits when others are to have the processor.
	WorkEvery = 100 * time.Microsecond

	// LengthBytes is the longest text, blob or row, in bytes. Two MiB hold half a million tokens of conversation.
	LengthBytes = 2 << 20

	// RowBytes is the largest row that a guest can take at once, as the records that it gets: eight values of the
	// greatest length. The columns of a larger one can be taken one by one.
	RowBytes = 16 << 20

	// ErrmsgBytes is what is kept of an error's message, in bytes. SQLite puts names into it as the guest wrote them, and
	// RAISE any text.
	ErrmsgBytes = 1 << 10

	// MemoryBytes is all memory of one connection: page cache, schema, statements, sorts and temporary tables,
	// which are never put in files. A connection at work needs 1 to 3 MiB; a sort or a VACUUM needs its whole input.
	MemoryBytes = 64 << 20

	// DatabaseBytes is the largest database file; more is SQLITE_FULL. It keeps one guest from filling the disk of
	// all, and a single-step scan of the whole file (count, DELETE without WHERE) at one or two seconds.
	DatabaseBytes = 1 << 30

	// WALBytes is the largest write-ahead log, but for the transaction that crosses it. It grows without end while somebody reads
	// and another one writes; past this, writes are SQLITE_FULL until a checkpoint went through. That one is made in
	// one piece, within one call: a slow disk can do it.
	WALBytes = 64 << 20

	// CloseBytes is how much of a write-ahead log a close moves into the database. More of it stays in the log, which the
	// next open goes on from: closing must not take longer the more was written.
	CloseBytes = 4 << 20

	// WALKeepBytes is what stays of a large write-ahead log after a checkpoint.
	WALKeepBytes = 16 << 20

	// CheckpointPages is the number of pages in the write-ahead log after which a commit moves them into the
	// database: SQLite's own default, 4 MiB.
	CheckpointPages = 1000
)

// Bounds on SQL text and on what it compiles to. See https://www.sqlite.org/limits.html. The length of the compiled program
// is left to SQLite and bounded by the text's: SQLite reports it as out of memory, which would cost the connection.
const (
	// SQLBytes is the longest SQL text, in bytes: a script that makes a whole schema is under 100 KB.
	SQLBytes = 1 << 20

	// Columns is the most columns of a table, an index or a result.
	Columns = 500

	// ExprDepth is the deepest expression. Depth is Go stack.
	ExprDepth = 200

	// CompoundSelect is the most SELECTs joined by UNION and the like. VALUES lists are not counted by SQLite.
	CompoundSelect = 100

	// FunctionArgs is the most arguments of a function. json_set and its kin copy the whole value for each.
	FunctionArgs = 100

	// Variables is the highest number of a parameter, 56 bytes each.
	Variables = 4096

	// ParameterNameBytes is the longest name under which a parameter is found, in bytes.
	ParameterNameBytes = 1 << 10

	// TriggerDepth is how deep triggers may start triggers.
	TriggerDepth = 32
)

// Handles of one instance, in open handles.
const (
	// Connections: each costs three descriptors and up to a few MiB of page cache, so sixteen stay well inside
	// the common descriptor limit of 1,024 even with several adapters.
	Connections = 16

	// Statements: a prepared statement is a few KiB; an adapter that caches statements needs dozens.
	Statements = 1024
)
