package sqlitefn_test

import (
	"context"
	"testing"
	"time"

	"innkeeper/hostfuncs/sqlitefn"
)

const countTo = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 60000) SELECT count(*) FROM n"

// A long statement is the guest's work: others get the processor in between. What it waits is none of its time, however long, and
// nobody takes its memory away meanwhile.
func TestLongStatementsLetOthersWork(t *testing.T) {
	const budget, wait = 2 * time.Second, 4 * time.Second // longer than the budget and the grace
	calls := 0
	in := start(t, withLimits(sqlitefn.Limits{CallBudget: budget}), func(c *sqlitefn.Config) {
		c.Work = func(context.Context) {
			if calls++; calls == 2 {
				time.Sleep(wait)
			}
		}
	})
	connection := in.open("main")
	calls = 0
	if got := in.one(connection, countTo); got != int64(60000) {
		t.Errorf("counted %v", got)
	}
	if calls < 10 {
		t.Errorf("counted as work %d times", calls)
	}
	in.exec(connection, "CREATE TABLE t(a)") // the connection is as it was
}

// Who waits for its share of the processor when its instance ends waits no longer.
func TestAStatementThatWaitsEndsWithItsInstance(t *testing.T) {
	waits, opened := make(chan struct{}, 1), false
	in := start(t, func(c *sqlitefn.Config) {
		c.Work = func(ctx context.Context) {
			if opened {
				waits <- struct{}{}
				<-ctx.Done()
			}
		}
	})
	go func() {
		<-waits
		in.kill()
	}()
	connection := in.open("main")
	opened = true
	in.want(sqliteInterrupt, in.Exec(connection, []byte(countTo)))
}
