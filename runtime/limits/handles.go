package limits

// Kinds of handles that a ledger counts. The names appear in status, metrics and the TOML.
const (
	HandleSQLiteConnection = "sqlite.connection"
	HandleSQLiteStatement  = "sqlite.statement"
	HandleHTTPExchange     = "http.exchange"
	HandleAgentTurn        = "agent.turn"
)

// Handle quotas of one instance, in open handles. A guest that asks for more gets an errno and keeps what it has.
const (
	// SQLiteConnections: each costs three descriptors and up to a few MiB of page cache, so sixteen stay well inside
	// the common descriptor limit of 1,024 even with several adapters.
	SQLiteConnections = 16

	// SQLiteStatements: a prepared statement is a few KiB; an adapter that caches statements needs dozens.
	SQLiteStatements = 1024

	// HTTPExchanges: 5,000 parked requests were measured at 40 MiB of guest memory, so 8,192 fit the default memory.
	HTTPExchanges = 8192

	// AgentTurns: one per exchange that waits for an answer, so the same number.
	AgentTurns = 8192

	// HandlesTotal bounds all kinds together. It lies under the sum of the kinds: no adapter needs every maximum at
	// once, and it also caps kinds that have no quota of their own.
	HandlesTotal = 16384

	// HandleQuotaMax is the largest quota an operator may set. A million entries cost the ledger about 100 MB.
	HandleQuotaMax = 1 << 20
)

// HandleQuotas returns a new map from kind to its default quota; the caller owns it.
func HandleQuotas() map[string]int {
	return map[string]int{
		HandleSQLiteConnection: SQLiteConnections,
		HandleSQLiteStatement:  SQLiteStatements,
		HandleHTTPExchange:     HTTPExchanges,
		HandleAgentTurn:        AgentTurns,
	}
}
