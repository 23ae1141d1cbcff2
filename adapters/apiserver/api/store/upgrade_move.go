package store

import (
	"math"

	"innkeeper/adapters/lib/database"
)

// lostGeneration is the generation of work that the first release did not finish. It did not say which generation that was.
const lostGeneration = math.MaxInt64

// unfinished is the generation of a record that was finished, or was not.
func unfinished(yes bool) uint64 {
	if yes {
		return lostGeneration
	}
	return 0
}

// oldText reads a text of the first release; nil if it is not there or damaged.
func (s *Store) oldText(first, rest string, args ...any) ([]byte, error) {
	var text []byte
	var size, want int64
	found, err := s.db.Get(first, args[:1], &size, &want, &text)
	if err != nil || !found {
		return nil, err
	}
	for row, err := range s.db.Query(rest, args...) {
		if err != nil {
			return nil, err
		}
		var piece []byte
		row.Scan(&piece)
		text = append(text, piece...)
	}
	if int64(len(text)) != size || int64(database.Sum(text)) != want {
		return nil, nil
	}
	if text == nil {
		text = []byte{}
	}
	return text, nil
}

// countOld counts a record that was moved.
func (s *Store) countOld(k kind, r *Record) error {
	if r.Generation > 0 {
		return nil
	}
	return s.count(k, 1, 0)
}

// putMoved writes the texts of a record that was moved. If one of them was damaged, it gets none: they count as missing, where an
// empty one would be taken for what was written.
func (s *Store) putMoved(r *Record, texts ...[]byte) error {
	for _, text := range texts {
		if text == nil {
			s.log.Warn("a stored text is damaged: those of its record are not taken over", "id", r.ID)
			return nil
		}
	}
	return s.texts.Put(s.db, r.n, texts...)
}

func sizeOf(texts ...[]byte) (bytes int) {
	for _, text := range texts {
		bytes += len(text)
	}
	return bytes
}

// moveResponse moves the response that was used first. It reports whether there is one.
func (s *Store) moveResponse() (bool, error) {
	var n int64
	var id string
	var pending bool
	found, err := s.db.Get(`SELECT n, id, coalesce(pending, 0) FROM old_responses LEFT JOIN old_logs USING (n) ORDER BY used LIMIT 1`, nil, &n, &id, &pending)
	if err != nil || !found {
		return false, err
	}
	texts, err := s.oldTexts(n)
	if err != nil {
		return false, err
	}
	r, err := s.add(responses, id, unfinished(pending), sizeOf(texts...))
	if err != nil {
		return false, err
	}
	if err := s.countOld(responses, &r); err != nil {
		return false, err
	}
	for _, sql := range []string{
		`INSERT INTO conversations SELECT name, ?2 FROM old_conversations WHERE n = ?1`,
		`DELETE FROM old_responses WHERE n = ?1 AND ?2 > 0`,
	} {
		if err := s.db.Exec(sql, n, r.n); err != nil {
			return false, err
		}
	}
	return true, s.putMoved(&r, texts...)
}

// oldTexts are the texts of a response, by their parts.
func (s *Store) oldTexts(n int64) (texts [][]byte, err error) {
	texts = make([][]byte, 4)
	for part, first := range []string{
		`SELECT response_size, response_sum, response FROM old_bodies WHERE n = ?1`,
		`SELECT input_size, input_sum, input FROM old_bodies WHERE n = ?1`,
		`SELECT context_size, context_sum, context FROM old_bodies WHERE n = ?1`,
		`SELECT size, sum, log FROM old_logs WHERE n = ?1`,
	} {
		if texts[part], err = s.oldText(first, `SELECT data FROM old_overflow WHERE n = ?1 AND part = ?2 ORDER BY seq`, n, part); err != nil {
			return nil, err
		}
	}
	if texts[Log] == nil { // it did not run in the background
		texts = texts[:Log]
	}
	return texts, nil
}

const (
	sqlOldText   = `SELECT size, sum, data FROM old_texts WHERE n = ?1`
	sqlOldPieces = `SELECT data FROM old_pieces WHERE n = ?1 ORDER BY seq`
)

// moveKey moves the oldest key.
func (s *Store) moveKey() (bool, error) {
	var n, at, answer int64
	var name string
	var request []byte
	var state, status int
	var stream bool
	found, err := s.db.Get(`SELECT n, key, request, at, state, status, stream, answer FROM old_keys ORDER BY n LIMIT 1`, nil,
		&n, &name, &request, &at, &state, &status, &stream, &answer)
	if err != nil || !found {
		return false, err
	}
	text, err := s.oldText(sqlOldText, sqlOldPieces, answer)
	if err != nil {
		return false, err
	}
	if err := s.db.Exec(`DELETE FROM old_keys WHERE n = ?1`, n); err != nil {
		return false, err
	}
	moved, err := s.db.Insert(`INSERT INTO records (kind, used, id, generation, bytes) VALUES (2, ?1, ?2, 0, ?3)`, at*1e6, name, len(text))
	if err != nil {
		return false, err
	}
	if err := s.db.Exec(sqlKeyAdd, moved, request); err != nil {
		return false, err
	}
	if err := s.db.Exec(sqlKeySet, moved, state, status, stream); err != nil {
		return false, err
	}
	if err := s.count(keys, 1, int64(len(text))); err != nil {
		return false, err
	}
	if KeyState(state) != Answered { // which alone has an answer
		return true, nil
	}
	return true, s.putMoved(&Record{ID: name, n: moved}, text)
}

// moveRun moves the oldest run.
func (s *Store) moveRun() (bool, error) {
	var n, ended, reserved, object int64
	var id string
	found, err := s.db.Get(`SELECT n, id, ended, reserved, object FROM old_runs ORDER BY n LIMIT 1`, nil, &n, &id, &ended, &reserved, &object)
	if err != nil || !found {
		return false, err
	}
	text, err := s.oldText(sqlOldText, sqlOldPieces, object)
	if err != nil {
		return false, err
	}
	pages := 0
	if _, err := s.db.Get(`SELECT coalesce(sum(length(data)), 0) FROM old_pages WHERE run = ?1`, []any{n}, &pages); err != nil {
		return false, err
	}
	r, err := s.add(runs, id, unfinished(ended == 0), len(text)+pages)
	if err != nil {
		return false, err
	}
	if err := s.countOld(runs, &r); err != nil {
		return false, err
	}
	for _, sql := range []string{
		`INSERT INTO pages SELECT ?2, last, data FROM old_pages WHERE run = ?1`,
		`INSERT INTO runs (n, ended, reserved) SELECT ?2, ended, reserved FROM old_runs WHERE n = ?1`,
	} {
		if err := s.db.Exec(sql, n, r.n); err != nil {
			return false, err
		}
	}
	if err := s.db.Exec(`DELETE FROM old_runs WHERE n = ?1`, n); err != nil {
		return false, err
	}
	return true, s.putMoved(&r, text)
}

// moveCompletion moves the oldest completion.
func (s *Store) moveCompletion() (bool, error) {
	var n, object, messages int64
	var id string
	found, err := s.db.Get(`SELECT n, id, object, messages FROM old_completions ORDER BY n LIMIT 1`, nil, &n, &id, &object, &messages)
	if err != nil || !found {
		return false, err
	}
	texts := make([][]byte, 2)
	for part, text := range []int64{completionObject: object, completionMessages: messages} {
		if texts[part], err = s.oldText(sqlOldText, sqlOldPieces, text); err != nil {
			return false, err
		}
	}
	r, err := s.add(completions, id, 0, sizeOf(texts...))
	if err != nil {
		return false, err
	}
	if err := s.countOld(completions, &r); err != nil {
		return false, err
	}
	for _, sql := range []string{
		`INSERT INTO completions (n, model, metadata) SELECT ?2, model, metadata FROM old_completions WHERE n = ?1`,
		`INSERT INTO labels SELECT key, value, ?2 FROM old_labels WHERE n = ?1`,
	} {
		if err := s.db.Exec(sql, n, r.n); err != nil {
			return false, err
		}
	}
	if err := s.db.Exec(`DELETE FROM old_completions WHERE n = ?1`, n); err != nil {
		return false, err
	}
	return true, s.putMoved(&r, texts...)
}
