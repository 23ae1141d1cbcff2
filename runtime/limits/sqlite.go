package limits

import "time"

// Bounds of one SQLite connection of a guest. Times are those of one host call.
const (
	// SQLiteCallBudget ends a statement that runs longer in one call, with SQLITE_INTERRUPT. It lies under StallBudget,
	// so that a slow query is an error that the guest can answer and not the end of the guest.
	SQLiteCallBudget = 3 * time.Second

	// SQLiteBusyTimeout is how long a call waits for another connection's lock before SQLITE_BUSY. Writers hold the lock
	// for well under a millisecond; a second is a stuck one.
	SQLiteBusyTimeout = 1 * time.Second

	// SQLiteCallGrace is how long after its deadline, or after the end of its instance, a call may still go on. SQLite looks
	// at the deadline between steps that can take a tenth of a second; past this, the connection is taken from it. The two
	// together stay under StallBudget.
	SQLiteCallGrace = 1 * time.Second

	// SQLiteProgressSteps is how many steps of its machine SQLite takes between two looks at the deadline. One step can be
	// a function over a whole value: upper() of 2 MiB takes 6 ms. A look costs 50 ns, which at 20 steps could not be told
	// from noise in a counting loop.
	SQLiteProgressSteps = 20

	// SQLiteLengthBytes is the longest text, blob or row, in bytes. Two MiB hold half a million tokens of conversation.
	SQLiteLengthBytes = 2 << 20

	// SQLiteMemoryBytes is all memory of one connection: page cache, schema, statements, sorts and temporary tables,
	// which are never put in files. A connection at work needs 1 to 3 MiB; a sort or a VACUUM needs its whole input.
	SQLiteMemoryBytes = 64 << 20

	// SQLiteDatabaseBytes is the largest database file; more is SQLITE_FULL. It keeps one guest from filling the disk of
	// all, and a single-step scan of the whole file (count, DELETE without WHERE) at one or two seconds.
	SQLiteDatabaseBytes = 1 << 30

	// SQLiteWALBytes is the largest write-ahead log. It grows without end while somebody reads and another one writes;
	// past this, writes are SQLITE_FULL until a checkpoint went through.
	SQLiteWALBytes = 256 << 20

	// SQLiteWALKeepBytes is what stays of a large write-ahead log after a checkpoint.
	SQLiteWALKeepBytes = 16 << 20

	// SQLiteCheckpointPages is the number of pages in the write-ahead log after which a commit moves them into the
	// database: SQLite's own default, 4 MiB.
	SQLiteCheckpointPages = 1000
)

// Bounds on SQL text and on what it compiles to. See https://www.sqlite.org/limits.html. The length of the compiled program
// is left to SQLite and bounded by the text's: SQLite reports it as out of memory, which would cost the connection.
const (
	// SQLiteSQLBytes is the longest SQL text, in bytes: a script that makes a whole schema is under 100 KB.
	SQLiteSQLBytes = 1 << 20

	// SQLiteColumns is the most columns of a table, an index or a result.
	SQLiteColumns = 500

	// SQLiteExprDepth is the deepest expression. Depth is Go stack.
	SQLiteExprDepth = 200

	// SQLiteCompoundSelect is the most SELECTs joined by UNION and the like. VALUES lists are not counted by SQLite.
	SQLiteCompoundSelect = 100

	// SQLiteFunctionArgs is the most arguments of a function. json_set and its kin copy the whole value for each.
	SQLiteFunctionArgs = 100

	// SQLiteVariables is the highest number of a parameter, 56 bytes each.
	SQLiteVariables = 4096

	// SQLiteTriggerDepth is how deep triggers may start triggers.
	SQLiteTriggerDepth = 32
)
