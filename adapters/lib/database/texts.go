package database

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strconv"
)

// Texts is a table of texts of any length. They belong to an owner, which is a positive number such as the rowid of a row in
// another table; what an owner has is written and deleted together, and read one by one.
//
// The texts of an owner are one sequence of bytes: their number, for each of them its size and a check sum, then the texts
// themselves. It is cut into pieces that the host takes as rows, whose rowids are made of the owner and the piece. So most
// owners cost one row, however many texts they have, and a long one as many as it takes. Texts that are often read alone
// belong in front, the long ones behind them.
type Texts struct {
	table                      string
	first, rest, insert, clear string
}

const (
	// ownerShift is the place of the owner in a rowid; below it is the piece.
	ownerShift = 12

	// pieceBytes is how much is in one row. The host refuses rows of more than 2 MiB.
	pieceBytes = 1 << 20

	// maxHead is the most that a text takes in front: its size, as a varint, and four bytes of check sum.
	maxHead = binary.MaxVarintLen64 + 4
)

// NewTexts is the texts in a table of that name.
func NewTexts(table string) *Texts {
	return &Texts{
		table:  table,
		first:  "SELECT data FROM " + table + " WHERE n = ?1",
		rest:   "SELECT data FROM " + table + " WHERE n BETWEEN ?1 AND ?2 ORDER BY n",
		insert: "INSERT INTO " + table + " (n, data) VALUES (?1, ?2)",
		clear:  "DELETE FROM " + table + " WHERE n BETWEEN ?1 AND ?2",
	}
}

// CreateSQL is the statement that makes the table.
func (t *Texts) CreateSQL() string {
	return "CREATE TABLE " + t.table + " (n INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;\n"
}

// DeleteSQL is the statement that deletes the texts of an owner, which is given as an SQL expression: for a trigger.
func (t *Texts) DeleteSQL(owner string) string {
	shift := strconv.Itoa(ownerShift)
	return "DELETE FROM " + t.table + " WHERE n BETWEEN " + owner + " << " + shift + " AND (" + owner + " + 1 << " + shift + ") - 1;"
}

// Sum is the check sum of a text. https://www.rfc-editor.org/rfc/rfc1952#section-8
func Sum(text []byte) uint32 { return crc32.ChecksumIEEE(text) }

// Put writes the texts of an owner that has none yet. It belongs into a transaction.
func (t *Texts) Put(db *DB, owner int64, texts ...[]byte) error {
	size := 1 + maxHead*len(texts)
	for _, text := range texts {
		size += len(text)
	}
	w := pieces{db: db, insert: t.insert, next: owner << ownerShift, data: make([]byte, 0, min(size, pieceBytes))}
	w.data = append(w.data, byte(len(texts)))
	for _, text := range texts {
		w.data = binary.AppendUvarint(w.data, uint64(len(text)))
		w.data = binary.LittleEndian.AppendUint32(w.data, Sum(text))
	}
	for _, text := range texts {
		if err := w.write(text); err != nil {
			return err
		}
	}
	return w.flush()
}

// pieces writes rows.
type pieces struct {
	db     *DB
	insert string
	next   int64
	data   []byte
}

func (w *pieces) write(text []byte) error {
	for {
		fit := min(len(text), pieceBytes-len(w.data))
		w.data, text = append(w.data, text[:fit]...), text[fit:]
		if len(text) == 0 {
			return nil
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
}

func (w *pieces) flush() error {
	err := w.db.Exec(w.insert, w.next, w.data)
	w.next, w.data = w.next+1, w.data[:0]
	return err
}

// Replace writes the texts of an owner in the place of those that it may have.
func (t *Texts) Replace(db *DB, owner int64, texts ...[]byte) error {
	if err := db.Exec(t.clear, owner<<ownerShift, (owner+1)<<ownerShift-1); err != nil {
		return err
	}
	return t.Put(db, owner, texts...)
}

// ErrDamagedText is the error of a text that is not the one that was written.
var ErrDamagedText = errors.New("database: a text is not the one that was written")

// Get reads one of an owner's texts, the first being 0. It uses the buffer, of which the text becomes a part, and gives it back, which
// may have grown. It reports whether the text is there.
func (t *Texts) Get(db *DB, owner int64, index int, buffer []byte) (text, grown []byte, found bool, err error) {
	first := owner << ownerShift
	if found, err = db.Get(t.first, []any{first}, &buffer); err != nil || !found {
		return nil, buffer, false, err
	}
	at := locate(buffer, index)
	if at.to > len(buffer) {
		if buffer, at, err = t.readOn(db, first, index, buffer); err != nil {
			return nil, buffer, false, err
		}
	}
	switch {
	case at.missing:
		return nil, buffer, false, nil
	case len(buffer) < at.to, Sum(buffer[at.from:at.to]) != at.sum:
		return nil, buffer, false, ErrDamagedText
	}
	return buffer[at.from:at.to], buffer, true, nil
}

// readOn reads the pieces behind the first one, as far as the text goes.
func (t *Texts) readOn(db *DB, first int64, index int, buffer []byte) ([]byte, place, error) {
	at := place{to: maxBytes}
	for row, err := range db.Query(t.rest, first+1, first+1<<ownerShift-1) {
		if err != nil {
			return buffer, at, err
		}
		buffer = append(buffer, row.s.ColumnBytes(0)...)
		if at = locate(buffer, index); at.to <= len(buffer) {
			break
		}
	}
	return buffer, at, nil
}

// place is where a text lies in the sequence, and its check sum.
type place struct {
	from, to int
	sum      uint32
	missing  bool // the owner has no such text
}

// maxBytes is more than the texts of an owner can have: all pieces together.
const maxBytes = pieceBytes << ownerShift

// locate reads the head of a sequence. A place beyond its end is that of a text that goes on, or of which there is not enough.
func locate(sequence []byte, index int) (at place) {
	beyond := place{to: maxBytes}
	if len(sequence) == 0 || sequence[0] == 0 {
		return beyond
	}
	texts, head := int(sequence[0]), sequence[1:]
	if index >= texts {
		return place{missing: true}
	}
	before := 0 // bytes of the texts in front of it
	for i := range texts {
		size, n := binary.Uvarint(head)
		if n <= 0 || size > maxBytes || len(head) < n+4 {
			return beyond
		}
		if i < index {
			before += int(size)
		} else if i == index {
			at.to, at.sum = int(size), binary.LittleEndian.Uint32(head[n:])
		}
		head = head[n+4:]
	}
	at.from = len(sequence) - len(head) + before
	at.to += at.from
	return at
}
