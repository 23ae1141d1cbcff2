package database

import (
	"bytes"
	"errors"
	"testing"
)

func withTexts(t testing.TB) (*DB, *Texts) {
	t.Helper()
	db, texts := open(t, t.TempDir()), NewTexts("texts")
	try(t, db.Script(texts.CreateSQL()))
	return db, texts
}

func long(size int) []byte { return bytes.Repeat([]byte("0123456789"), size/10+1)[:size] }

// expectTexts reads every text of an owner, and one more.
func expectTexts(t *testing.T, db *DB, texts *Texts, owner int64, want ...[]byte) {
	t.Helper()
	var got, buffer []byte
	for i := range len(want) + 1 {
		var found bool
		var err error
		if got, buffer, found, err = texts.Get(db, owner, i, buffer); err != nil || found != (i < len(want)) {
			t.Fatalf("owner %d, text %d: %v, %v", owner, i, found, err)
		}
		if found && !bytes.Equal(got, want[i]) {
			t.Errorf("owner %d, text %d: %d bytes, want %d", owner, i, len(got), len(want[i]))
		}
	}
}

func rows(t *testing.T, db *DB) (n int) {
	t.Helper()
	_, err := db.Get(`SELECT count(*) FROM texts`, nil, &n)
	try(t, err)
	return n
}

func TestTextsOfAnyLength(t *testing.T) {
	db, texts := withTexts(t)
	const head = 1 + 3*4 + 3 + 1 + 1 // of a text of nearly a piece and two short ones
	for i, sizes := range [][]int{
		{0, 0, 0}, {1, 2, 3}, {pieceBytes - head, 0, 0}, {pieceBytes - head + 1, 0, 1}, {0, pieceBytes, pieceBytes},
		{5, 3*pieceBytes + 7, 2}, {2 * pieceBytes, 2 * pieceBytes, 2 * pieceBytes},
	} {
		want := [][]byte{long(sizes[0]), long(sizes[1]), long(sizes[2])}
		owner := int64(i + 1)
		try(t, texts.Put(db, owner, want...))
		expectTexts(t, db, texts, owner, want...)
	}
	expectTexts(t, db, texts, 99)
}

func TestShortTextsTakeOneRow(t *testing.T) {
	db, texts := withTexts(t)
	for owner := range int64(3) {
		try(t, texts.Put(db, owner+1, long(100), long(0), long(1000), long(7)))
	}
	if n := rows(t, db); n != 3 {
		t.Errorf("%d rows", n)
	}
}

func TestTextsAreReplacedAndDeletedWhole(t *testing.T) {
	db, texts := withTexts(t)
	before := [][]byte{long(1), long(2*pieceBytes + 1)}
	for owner := range int64(3) {
		try(t, texts.Put(db, owner+1, before...))
	}
	try(t, texts.Replace(db, 2, long(5), long(6), long(7)))
	expectTexts(t, db, texts, 2, long(5), long(6), long(7))
	try(t, db.Script(texts.DeleteSQL("2")))
	expectTexts(t, db, texts, 2)
	expectTexts(t, db, texts, 1, before...)
	expectTexts(t, db, texts, 3, before...)
	if n := rows(t, db); n != 6 {
		t.Errorf("%d rows", n)
	}
}

func TestADamagedTextIsTold(t *testing.T) {
	db, texts := withTexts(t)
	for damage, readable := range map[string]bool{
		`UPDATE texts SET data = x'00' WHERE n = 1 << 12`:                                                     false,
		`UPDATE texts SET data = x'04' WHERE n = 1 << 12`:                                                     false,
		`UPDATE texts SET data = substr(data, 1, 10) WHERE n = 1 << 12`:                                       false,
		`UPDATE texts SET data = CAST(x'02ffffffffffffffff7f' || substr(data, 10) AS BLOB) WHERE n = 1 << 12`: false,
		`DELETE FROM texts WHERE n > 1 << 12`:                                                                 true,
		`UPDATE texts SET data = x'00' WHERE n > 1 << 12`:                                                     true,
	} {
		try(t, texts.Replace(db, 1, long(1), long(pieceBytes+1)))
		try(t, db.Exec(damage))
		if _, _, found, err := texts.Get(db, 1, 0, nil); found != readable || !readable && !errors.Is(err, ErrDamagedText) {
			t.Errorf("%s: %v, %v", damage, found, err)
		}
		if _, _, _, err := texts.Get(db, 1, 1, nil); !errors.Is(err, ErrDamagedText) {
			t.Errorf("%s: %v", damage, err)
		}
	}
}
