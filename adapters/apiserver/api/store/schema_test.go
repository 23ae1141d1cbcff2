package store

import (
	"errors"
	"strings"
	"testing"

	"innkeeper/adapters/sdk"
	"innkeeper/hostfuncs/sqlitefn"
)

func TestADatabaseOfALaterReleaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, some)
	try(t, s.Close())
	try(t, connect(t, dir).Exec(`PRAGMA user_version = 99`))
	_, _, err := tryOpen(t, dir, 1, some, sqlitefn.Limits{})
	if exit, ok := errors.AsType[*sdk.ExitError](err); !ok || exit.Retryable || exit.Code != "database_newer" {
		t.Fatalf("opened: %v", err)
	}
}

func TestEveryStatementGoesByAnIndex(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, some)
	db := connect(t, dir)
	// A scan in the order of an index ends at its limit, or with the page.
	inOrder := map[string]bool{
		"SCAN c": true, "SCAN records USING COVERING INDEX records_unfinished": true, "SCAN records USING INDEX records_unfinished": true,
	}
	for _, sql := range []string{
		sqlAdd, sqlFind, sqlUse, sqlRemove, sqlFinish, sqlAbandon, sqlCounted, sqlCount, sqlEvict, sqlFirst, sqlOldest, sqlLeave,
		sqlName, sqlNamed, sqlKey, sqlKeyAdd, sqlKeySet, sqlReopen,
		sqlRun, sqlRunAdd, sqlRunEnd, sqlReserve, sqlGrow, sqlBytes, sqlPageAdd, sqlPage,
		sqlCompletionAdd, sqlCompletion, sqlCompletionSet, sqlLabelAdd, sqlLabelsRemove, sqlLabel,
		sqlListUp, sqlListDown, sqlListModelUp, sqlListModelDown, sqlListLabelUp, sqlListLabelDown,
	} {
		stmt, _, err := db.Prepare("EXPLAIN QUERY PLAN " + sql)
		try(t, err)
		for stmt.Step() {
			step := stmt.ColumnText(3)
			if strings.HasPrefix(step, "SCAN") && !inOrder[step] || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n\t%s", sql, step)
			}
		}
		try(t, stmt.Close())
	}
}
