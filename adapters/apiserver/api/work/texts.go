package work

import (
	"hash/crc32"

	"innkeeper/adapters/sdk/sqlite"
)

const (
	sqlTextPut   query = `INSERT INTO texts (size, sum, data) VALUES (?1, ?2, ?3)`
	sqlPiecePut  query = `INSERT INTO pieces (n, seq, data) VALUES (?1, ?2, ?3)`
	sqlText      query = `SELECT size, sum, data FROM texts WHERE n = ?1`
	sqlPieces    query = `SELECT data FROM pieces WHERE n = ?1 ORDER BY seq`
	sqlTextClear query = `DELETE FROM texts WHERE n = ?1`
)

// pieceBytes is how much of a text is in one row. The host refuses rows of more than 2 MiB.
const pieceBytes = 1 << 20

// piece is the part of a text that goes into one row. It is never nil, which SQLite would take for NULL.
func piece(text []byte) []byte {
	if len(text) == 0 {
		return []byte{}
	}
	return text[:min(len(text), pieceBytes)]
}

// sum is the check sum of a text. https://www.rfc-editor.org/rfc/rfc1952#section-8
func sum(text []byte) int64 { return int64(crc32.ChecksumIEEE(text)) }

// putText writes a text and gives its number.
func (s *Store) putText(text []byte) (int64, error) {
	n, err := s.insert(sqlTextPut, len(text), sum(text), piece(text))
	for seq := 1; err == nil && seq*pieceBytes < len(text); seq++ {
		_, err = s.exec(sqlPiecePut, n, seq, piece(text[seq*pieceBytes:]))
	}
	return n, err
}

// text reads a text. One that is not what was written counts as not there.
func (s *Store) text(n int64) ([]byte, bool, error) {
	if cap(s.buffer) > 2*pieceBytes { // a rare one; a guest's memory never shrinks
		s.buffer = nil
	}
	size, want := int64(-1), int64(0)
	_, err := s.row(sqlText, func(stmt *sqlite.Stmt) {
		size, want = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
		s.buffer = append(s.buffer[:0], stmt.ColumnBytes(2)...)
	}, n)
	if err == nil && size > int64(len(s.buffer)) {
		err = s.readPieces(n)
	}
	if err != nil {
		return nil, false, err
	}
	if size != int64(len(s.buffer)) || sum(s.buffer) != want {
		s.log.Warn("a stored text is damaged and counts as missing", "text", n)
		return nil, false, nil
	}
	return s.buffer, true, nil
}

// readPieces appends the rest of a text to the buffer.
func (s *Store) readPieces(n int64) error {
	stmt, err := s.stmt(sqlPieces)
	if err != nil {
		return err
	}
	if err := stmt.Bind(n); err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		ok, err := stmt.Step()
		if !ok {
			return err
		}
		s.buffer = append(s.buffer, stmt.ColumnBytes(0)...)
		if err := stmt.RowError(); err != nil {
			return err
		}
	}
}
