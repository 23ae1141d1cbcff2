// Package sqlops is the database work of the benchmark, written once against the SDK: the guest in the sandbox does it, and
// so does the program that measures, on a host that is nothing but SQLite.
//
// It owns the tables and the operations. It knows neither who measures nor how.
package sqlops

import (
	"errors"
	"fmt"
	"strings"

	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sqlite"
)

// The operations.
const (
	Point  = "point"  // read one row of ten thousand by its key
	Insert = "insert" // add one row, in a transaction of its own
	Put    = "put"    // keep one response of the API server, and let the oldest one go
	Get    = "get"    // read one kept response
)

// The databases.
const (
	Label      = "bench"
	StoreLabel = store.Label
)

// The tables, which the measuring program has, too.
const (
	Rows      = 10_000
	ValueSize = 100
	Schema    = `CREATE TABLE kv (k INTEGER PRIMARY KEY, v TEXT NOT NULL); CREATE TABLE log (n INTEGER PRIMARY KEY, v TEXT NOT NULL);
		WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 10000) INSERT INTO kv SELECT x, printf('%0100d', x) FROM c`
	SelectSQL = `SELECT v FROM kv WHERE k = ?1`
	InsertSQL = `INSERT INTO log (v) VALUES (?1)`
)

// kept is how many responses the store holds.
const kept = 1000

// ErrWrong means that the database gave what it was not given.
var ErrWrong = errors.New("wrong value read")

// Ops are the operations on an open database. They belong to the loop.
type Ops struct {
	sel, insert *sqlite.Stmt
	store       *store.Store
	key         uint32 // of the row or response that comes next
	puts        int
	value       string
	response    store.Response
}

// Open makes the tables and fills the store.
func Open(l *sdk.Loop) (*Ops, error) {
	db, err := sqlite.Open(l, Label)
	if err != nil {
		return nil, err
	}
	o := &Ops{value: Value(), key: 1, response: store.Response{
		Object: text(1200), Input: text(300), Context: text(500),
	}}
	if err := db.Exec(Schema); err != nil {
		return nil, err
	}
	if o.sel, err = db.Prepare(SelectSQL); err != nil {
		return nil, err
	}
	if o.insert, err = db.Prepare(InsertSQL); err != nil {
		return nil, err
	}
	if o.store, err = store.Open(l, 1, store.Limits{Responses: kept}); err != nil {
		return nil, err
	}
	return o, o.Run(Put, kept)
}

// Value is what an insert adds.
func Value() string { return strings.Repeat("v", ValueSize) }

// text is a JSON text of that size.
func text(size int) []byte { return []byte(`{"text":"` + strings.Repeat("t", size-11) + `"}`) }

// Next is a key from 1 to the number of rows, in an order that no cache likes.
func Next(key uint32) uint32 { return (key*7919+1)%Rows + 1 }

// Run does an operation n times.
func (o *Ops) Run(operation string, n int) error {
	do := map[string]func() error{Point: o.point, Insert: o.add, Put: o.put, Get: o.get}[operation]
	if do == nil {
		return fmt.Errorf("operation[%s]: no such operation", operation)
	}
	for range n {
		if err := do(); err != nil {
			return fmt.Errorf("operation[%s]: %w", operation, err)
		}
	}
	return nil
}

func (o *Ops) point() error {
	o.key = Next(o.key)
	if err := o.sel.BindInt64(1, int64(o.key)); err != nil {
		return err
	}
	found, err := o.sel.Step()
	if err == nil && (!found || len(o.sel.ColumnBytes(0)) != ValueSize) {
		err = ErrWrong
	}
	o.sel.Reset()
	return err
}

func (o *Ops) add() error { return o.insert.Exec(o.value) }

func (o *Ops) put() error {
	o.puts++
	o.response.ID = id(o.puts)
	return o.store.AddResponse(o.response)
}

func (o *Ops) get() error {
	o.key = Next(o.key)
	r, found, err := o.store.Response(id(o.puts - int(o.key)%kept))
	if err != nil || !found {
		return errors.Join(err, ErrWrong)
	}
	object, found, err := o.store.ResponseText(&r, store.Object)
	if err == nil && (!found || len(object) != len(o.response.Object)) {
		err = ErrWrong
	}
	return err
}

// id is a response's identifier, as long as real ones.
func id(n int) string { return fmt.Sprintf("resp_%048d", n) }
