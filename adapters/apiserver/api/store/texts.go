package store

import (
	"hash/crc32"

	"innkeeper/adapters/sdk/sqlite"
)

// The texts of a row.
const (
	partResponse = iota
	partInput
	partContext
	bodyParts // the parts of a body

	partLog = bodyParts // in a table of its own
	parts   = partLog + 1
)

// partNames are for the log.
func partName(part int) string { return [parts]string{"response", "input", "context", "log"}[part] }

// pieceBytes is how much of one text is in one row. The host refuses rows of more than 2 MiB, and a row has three texts.
const pieceBytes = 512 << 10

// first is the piece of a text that goes into the row itself. It is never nil, which SQLite would take for NULL.
func first(text []byte) []byte {
	if len(text) == 0 {
		return []byte{}
	}
	return text[:min(len(text), pieceBytes)]
}

// sum is the check sum of a text. https://www.rfc-editor.org/rfc/rfc1952#section-8
func sum(text []byte) int64 { return int64(crc32.ChecksumIEEE(text)) }

// putBody writes the texts of a row.
func (s *Store) putBody(n int64, e *Entry) error {
	texts := [bodyParts][]byte{e.Response, e.Input, e.Context}
	if err := s.insertBody.BindInt64(1, n); err != nil {
		return err
	}
	for part, text := range texts {
		if err := bindText(s.insertBody, 2+3*part, text); err != nil {
			return err
		}
	}
	if err := s.insertBody.Exec(); err != nil {
		return err
	}
	for part, text := range texts {
		if err := s.putMore(n, part, text); err != nil {
			return err
		}
	}
	return nil
}

// putMore writes the pieces of a text that are not in its row.
func (s *Store) putMore(n int64, part int, text []byte) error {
	for seq := 1; seq*pieceBytes < len(text); seq++ {
		if err := s.insertMore.Exec(n, part, seq, first(text[seq*pieceBytes:])); err != nil {
			return err
		}
	}
	return nil
}

// bindText binds size, sum and first piece of a text to three parameters.
func bindText(stmt *sqlite.Stmt, index int, text []byte) error {
	if err := stmt.BindInt64(index, int64(len(text))); err != nil {
		return err
	}
	if err := stmt.BindInt64(index+1, sum(text)); err != nil {
		return err
	}
	return stmt.BindBlob(index+2, first(text))
}

// text reads one text of a row. One that is not what was written counts as not there.
func (s *Store) text(part int, id string) ([]byte, bool, error) {
	n, ok, err := s.use(id)
	if !ok || err != nil {
		return nil, false, err
	}
	size, want, err := s.readFirst(s.read[part], n)
	if err == nil && size > int64(len(s.buffer)) {
		err = s.readMore(n, part)
	}
	if err != nil || size < 0 && part == partLog { // most have no log
		return nil, false, err
	}
	if size != int64(len(s.buffer)) || sum(s.buffer) != want {
		s.log.Warn("a stored response is damaged and counts as missing", "id", id, "part", partName(part))
		return nil, false, nil
	}
	return s.buffer, true, nil
}

// readFirst reads the size, the sum and the first piece of a text into s.buffer. A row that is not there has the size -1.
func (s *Store) readFirst(stmt *sqlite.Stmt, n int64) (size, want int64, err error) {
	if cap(s.buffer) > 2*pieceBytes { // a rare one; a guest's memory never shrinks
		s.buffer = nil
	}
	s.buffer = s.buffer[:0]
	if err := stmt.Bind(n); err != nil {
		return 0, 0, err
	}
	// A statement that is left on its row holds a snapshot, which keeps the write-ahead log from being emptied.
	defer stmt.Reset()
	if ok, err := stmt.Step(); !ok {
		return -1, 0, err
	}
	size, want = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
	s.buffer = append(s.buffer, stmt.ColumnBytes(2)...)
	return size, want, stmt.RowError()
}

// readMore appends the other pieces of a text to s.buffer.
func (s *Store) readMore(n int64, part int) error {
	if err := s.more.Bind(n, part); err != nil {
		return err
	}
	defer s.more.Reset()
	for {
		ok, err := s.more.Step()
		if !ok {
			return err
		}
		s.buffer = append(s.buffer, s.more.ColumnBytes(0)...)
		if err := s.more.RowError(); err != nil {
			return err
		}
	}
}
