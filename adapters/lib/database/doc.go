// Package database is what adapters need on top of an SQLite connection: statements that are prepared once, rows as an
// iterator, writes that get along with another writer, one way to change a schema, and texts of any length.
//
// It owns how a statement is kept and when it is reset, how long a busy database is waited for, the version of the schema (in
// the header of the file, see https://www.sqlite.org/pragma.html#pragma_user_version), and how a long text is cut into rows.
// It must not know what is in the tables.
//
// A second instance of the adapter may have the same file open: the predecessor in a hand-over, or the successor. So nothing
// of the database is remembered from one call to the next.
package database
