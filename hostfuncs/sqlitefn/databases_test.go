package sqlitefn_test

import (
	"fmt"
	"sync"
	"testing"

	"innkeeper/hostfuncs/sqlitefn"
)

// beside makes two instances that have the same databases, as in a hand-over.
func beside(t *testing.T) (older, younger *instance) {
	databases := &sqlitefn.Databases{}
	shared := func(c *sqlitefn.Config) { c.Databases = databases }
	older = start(t, shared)
	return older, start(t, shared, withDir(older.dir))
}

// What another instance is writing is nothing that a crash left: opening beside it must not read the whole database, which for
// a large one takes longer than a hand-over. Here the check would find a page that was broken since.
func TestLogOfALiveInstanceIsNotChecked(t *testing.T) {
	older, younger := beside(t)
	sample(t, older)
	connection := older.open("main")
	older.exec(connection, "CREATE TABLE x(a); INSERT INTO x VALUES(1)")
	broken := older.read("main.db")
	for i := 8192; i < len(broken); i++ {
		broken[i] = byte(i * 7)
	}
	older.write("main.db", broken)
	if got := younger.one(younger.open("main"), "SELECT count(*) FROM x"); got != int64(1) {
		t.Errorf("%v rows", got)
	}
	older.want(ok, older.Close(connection))
}

// Two instances write at the same time, and the end of the older leaves the younger what it is working with.
func TestTwoInstancesShareADatabase(t *testing.T) {
	older, younger := beside(t)
	connections := map[*instance]uint32{older: older.open("main"), younger: younger.open("main")}
	older.exec(connections[older], "CREATE TABLE t(who, n)")
	const rows = 200
	var group sync.WaitGroup
	for who, connection := range connections {
		group.Go(func() {
			for n := range rows {
				if got := who.Exec(connection, fmt.Appendf(nil, "INSERT INTO t VALUES('%p', %d)", who, n)); got != ok {
					t.Errorf("insert: %d", got)
				}
			}
		})
	}
	group.Wait()
	older.want(ok, older.Close(connections[older]))
	younger.exec(connections[younger], "INSERT INTO t VALUES('late', 0)")
	if got := younger.one(connections[younger], "SELECT count(*) FROM t"); got != int64(2*rows+1) {
		t.Errorf("%v rows, want %d", got, 2*rows+1)
	}
	younger.want(ok, younger.Close(connections[younger]))
	younger.assertNoSiblings("main")
}
