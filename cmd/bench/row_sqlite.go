package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/cmd/bench/sqlops"
	"innkeeper/runtime/module"
)

const sqliteAbout = "A is a Go guest in the sandbox that does one operation many times through the host functions (the clock is the host's). " +
	"B is the same on go-sqlite3 itself, with the same pragmas: point read and insert written against its own interface, put and get " +
	"the adapter's own store on host functions that are nothing but SQLite. A response is 2 KB; the store holds 1,000 and is full."

//go:embed guest/manifest.toml
var guestManifest []byte

// operation is one kind of database work and how often a turn does it.
type operation struct {
	name, verb string
	times      int
}

func operations() []operation {
	return []operation{
		{"point read", sqlops.Point, 20_000},
		{"insert", sqlops.Insert, 4_000},
		{"response-store put", sqlops.Put, 1_500},
		{"response-store get", sqlops.Get, 6_000},
	}
}

func measureSQLite(ctx context.Context, l *lab) (lines []line, err error) {
	server, err := l.startGuest(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	direct, err := l.openDirect()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, direct.close()) }()
	for _, op := range operations() {
		op.times = pick(l, op.times, op.times/10)
		a, b, err := sqliteTurns(ctx, l, server, direct, op)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line{op.name, nanoseconds(a.median()), nanoseconds(b.median()), a.over(b)})
	}
	return lines, nil
}

// startGuest starts a gateway with the benchmark's own adapter.
func (l *lab) startGuest(ctx context.Context) (*child, error) {
	raw, err := l.buildGuest(ctx, "innkeeper/cmd/bench/guest")
	if err != nil {
		return nil, err
	}
	packed, err := module.AppendManifest(raw, guestManifest)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(l.dir, "bench.wasm")
	if err := os.WriteFile(file, packed, 0o600); err != nil {
		return nil, err
	}
	conf, err := l.write(gatewayConfig{module: file})
	if err != nil {
		return nil, err
	}
	return l.start(ctx, sandboxed, conf)
}

// sqliteTurns gives the nanoseconds of one operation, by turns, through the sandbox and directly.
func sqliteTurns(ctx context.Context, l *lab, server *child, direct *direct, op operation) (a, b samples, err error) {
	conn, err := dial(ctx, server.address)
	if err != nil {
		return nil, nil, err
	}
	defer conn.close()
	for range pick(l, 9, 2) {
		started := time.Now()
		if err := asked(conn, op); err != nil {
			return nil, nil, err
		}
		inGuest := time.Since(started)
		started = time.Now()
		if err := direct.run(op); err != nil {
			return nil, nil, err
		}
		a = append(a, float64(inGuest)/float64(op.times))
		b = append(b, float64(time.Since(started))/float64(op.times))
	}
	return a, b, nil
}

// asked has the guest do an operation and waits for its word.
func asked(conn *client, op operation) error {
	status, body, err := conn.do(fmt.Appendf(nil, "POST /%s?%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", op.verb, op.times))
	if err == nil && (status != 200 || string(body) != strconv.Itoa(op.times)) {
		err = fmt.Errorf("operation[%s]: status %d: %s", op.verb, status, body)
	}
	return err
}

// direct does the operations without a gateway.
type direct struct {
	bare        *bareSQLite
	ops         *sqlops.Ops // the store's part
	db          *sqlite3.Conn
	sel, insert *sqlite3.Stmt
	key         uint32
	value       string
}

func (l *lab) openDirect() (d *direct, err error) {
	dir, err := os.MkdirTemp(l.dir, "direct-")
	if err != nil {
		return nil, err
	}
	d = &direct{bare: &bareSQLite{dir: dir}, key: 1, value: sqlops.Value()}
	if d.ops, err = sqlops.Open(sdk.New(abi.Host{SQLite: d.bare})); err != nil {
		return nil, err
	}
	if d.db, err = openDirect(filepath.Join(dir, "direct.db")); err != nil {
		return nil, err
	}
	if err := d.db.Exec(sqlops.Schema); err != nil {
		return nil, err
	}
	if d.sel, _, err = d.db.Prepare(sqlops.SelectSQL); err != nil {
		return nil, err
	}
	d.insert, _, err = d.db.Prepare(sqlops.InsertSQL)
	return d, err
}

func (d *direct) close() error {
	return errors.Join(d.sel.Close(), d.insert.Close(), d.db.Close(), d.bare.close())
}

func (d *direct) run(op operation) error {
	switch op.verb {
	case sqlops.Point:
		return d.repeat(op.times, d.point)
	case sqlops.Insert:
		return d.repeat(op.times, d.add)
	default:
		return d.ops.Run(op.verb, op.times)
	}
}

func (d *direct) repeat(times int, do func() error) error {
	for range times {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func (d *direct) point() error {
	d.key = sqlops.Next(d.key)
	if err := d.sel.BindInt64(1, int64(d.key)); err != nil {
		return err
	}
	if !d.sel.Step() || len(d.sel.ColumnRawText(0)) != sqlops.ValueSize {
		return errors.Join(sqlops.ErrWrong, d.sel.Err())
	}
	return d.sel.Reset()
}

func (d *direct) add() error {
	if err := d.insert.BindText(1, d.value); err != nil {
		return err
	}
	return d.insert.Exec()
}
