package sqlitefn

import (
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// pragmas returns what a guest may ask and set. A pragma that is not in it is denied. The library gives the authorizer an empty
// string both for "no argument" and for an empty one, so a pragma may be here only if an empty argument does no harm:
// for journal_mode an empty one sets DELETE, for schema_version 0.
// https://www.sqlite.org/pragma.html
func pragmas() map[string]func(argument string) bool {
	oneOf := func(allowed ...string) func(string) bool {
		return func(argument string) bool {
			for _, a := range allowed {
				if strings.EqualFold(a, argument) {
					return true
				}
			}
			return false
		}
	}
	anything := func(string) bool { return true }
	reading := oneOf("")
	return map[string]func(string) bool{
		// The shape of the guest's own schema: reading only, whatever the argument.
		"table_info":       anything,
		"table_xinfo":      anything,
		"table_list":       anything,
		"index_list":       anything,
		"index_info":       anything,
		"index_xinfo":      anything,
		"foreign_key_list": anything,
		"collation_list":   anything,
		"function_list":    anything,

		// Checks. They read, and the deadline ends them.
		"foreign_key_check": anything,
		"integrity_check":   anything,
		"quick_check":       anything,

		// Two numbers in the file's header that SQLite leaves to the application; migrations live on them.
		"user_version":   anything,
		"application_id": anything,

		// How this connection keeps its own rules. Nothing outside of the database follows from them.
		"foreign_keys":       anything,
		"defer_foreign_keys": anything,
		"recursive_triggers": anything,
		"query_only":         anything,

		// Upkeep of statistics and of the log. The deadline ends them, and the log is the guest's own.
		"analysis_limit": anything,
		"optimize":       anything,
		"wal_checkpoint": anything,

		// Waiting for a lock ends with the call's deadline, whatever is set.
		"busy_timeout": anything,

		// Durability may be raised. OFF could lose a committed write or the file.
		"synchronous": oneOf("", "NORMAL", "FULL", "EXTRA", "1", "2", "3"),

		// Every database is in WAL mode already, so setting that again changes nothing and old habits keep working.
		"journal_mode": oneOf("WAL"),

		// Texts are UTF-8 at the boundary; another encoding would only cost conversions.
		"encoding": oneOf("", "UTF-8", "UTF8"),

		// Sizes and counters, to read. An empty argument is no valid size and changes nothing.
		"page_count":     reading,
		"page_size":      reading,
		"freelist_count": reading,
		"data_version":   reading,
	}
}

// deniedFunctions would run foreign code, if the build had them.
var deniedFunctions = [...]string{"load_extension", "fts3_tokenizer"}

// authorizer decides what SQL may do. SQLite asks while it compiles.
// https://www.sqlite.org/c3ref/set_authorizer.html
type authorizer struct {
	pragmas map[string]func(string) bool
	// stepping is set while a statement runs. What SQLite compiles meanwhile is its own and not the guest's text.
	stepping bool
}

func (a *authorizer) decide(action sqlite3.AuthorizerActionCode, name3rd, name4th, _, _ string) sqlite3.AuthorizerReturnCode {
	switch action {
	case sqlite3.AUTH_ATTACH:
		if a.attachesForVacuum(name3rd) {
			return sqlite3.AUTH_OK
		}
		return sqlite3.AUTH_DENY
	case sqlite3.AUTH_DETACH:
		return sqlite3.AUTH_DENY
	case sqlite3.AUTH_PRAGMA:
		allowed, ok := a.pragmas[strings.ToLower(name3rd)]
		if !ok || !allowed(name4th) {
			return sqlite3.AUTH_DENY
		}
	case sqlite3.AUTH_FUNCTION:
		for _, denied := range deniedFunctions {
			if strings.EqualFold(denied, name4th) {
				return sqlite3.AUTH_DENY
			}
		}
	}
	return sqlite3.AUTH_OK
}

// attachesForVacuum reports whether an ATTACH is the one that a plain VACUUM makes for its temporary copy: with an empty name,
// and while the VACUUM runs. The name alone does not tell: for ATTACH ?1 or ATTACH 'a'||'b' the authorizer is asked with
// an empty name as well, but when the guest's own text is compiled.
func (a *authorizer) attachesForVacuum(name string) bool { return a.stepping && name == "" }
