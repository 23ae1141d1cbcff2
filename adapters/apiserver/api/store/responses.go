package store

// Response is a response to keep.
type Response struct {
	ID           string
	Conversation string // its name, which then stands for this response; "" for none
	Object       []byte // the Response object
	Input        []byte // the input items, a JSON array
	Context      []byte // the conversation as chat messages, with commas between them
	Log          []byte // of a response that runs in the background, else nil
}

// Part is one of the texts of a response.
type Part int

// The texts of a response. Only one that ran in the background has a log.
const (
	Object Part = iota
	Input
	Context
	Log
)

func (r *Response) bytes() int { return len(r.Object) + len(r.Input) + len(r.Context) + len(r.Log) }

// texts are those that the response has, by their parts.
func (r *Response) texts() [][]byte {
	if r.Log == nil {
		return [][]byte{r.Object, r.Input, r.Context}
	}
	return [][]byte{r.Object, r.Input, r.Context, r.Log}
}

const (
	sqlName  = `INSERT INTO conversations (name, n) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET n = excluded.n`
	sqlNamed = `SELECT records.id FROM conversations JOIN records USING (n) WHERE name = ?1`
)

// AddResponse keeps a response that has ended. Its id must be new.
func (s *Store) AddResponse(e Response) error {
	if s.limits.Responses <= 0 {
		return nil
	}
	return s.write(e.bytes(), func() error {
		r, err := s.add(responses, e.ID, 0, e.bytes())
		if err != nil {
			return err
		}
		if err := s.texts.Put(s.db, r.n, e.texts()...); err != nil {
			return err
		}
		return s.endResponse(&r, &e)
	})
}

// BeginResponse keeps a response in the background that this generation works at, as it is at its start. Its id must be new.
// Until it ends the newest response of its conversation is the one before.
func (s *Store) BeginResponse(e Response) (r Record, err error) {
	err = s.write(e.bytes(), func() error {
		if r, err = s.add(responses, e.ID, s.generation, e.bytes()); err != nil {
			return err
		}
		return s.texts.Put(s.db, r.n, e.texts()...)
	})
	return r, err
}

// EndResponse keeps the end of a response that was begun. It reports false if that was ended otherwise meanwhile.
func (s *Store) EndResponse(r Record, e Response) (ended bool, err error) {
	err = s.write(e.bytes(), func() error {
		if ended, err = s.finish(&r, e.bytes()); err != nil || !ended {
			return err
		}
		if err := s.db.Exec(sqlUse, int(responses), s.micros(), r.ID); err != nil {
			return err
		}
		if err := s.texts.Replace(s.db, r.n, e.texts()...); err != nil {
			return err
		}
		return s.endResponse(&r, &e)
	})
	return ended, err
}

// endResponse is what follows from the end of a response: its conversation goes on from it, and others leave for it.
func (s *Store) endResponse(r *Record, e *Response) error {
	if e.Conversation != "" {
		if err := s.db.Exec(sqlName, e.Conversation, r.n); err != nil {
			return err
		}
	}
	return s.arrived(responses, e.bytes())
}

// Response finds a response. It counts as a use.
func (s *Store) Response(id string) (r Record, found bool, err error) {
	r, found, err = s.find(responses, id)
	if found && err == nil && r.Generation == 0 {
		s.use(id)
	}
	return r, found, err
}

// ResponseText is one of the texts of a response; false if it is not there, or was damaged.
func (s *Store) ResponseText(r *Record, part Part) ([]byte, bool, error) {
	return s.text(r.n, int(part), r.ID)
}

// Conversation is the id of the newest response of that conversation; false if there is none.
func (s *Store) Conversation(name string) (id string, found bool, err error) {
	found, err = s.db.Get(sqlNamed, []any{name}, &id)
	return id, found, err
}

// RemoveResponse takes out a response. It reports whether it was there.
func (s *Store) RemoveResponse(id string) (bool, error) { return s.remove(responses, id) }
