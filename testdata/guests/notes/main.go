// Command notes is an adapter whose own tests run in the sandbox: it keeps notes in a database, and asks the agent about them.
package main

import (
	"context"
	"errors"

	"innkeeper/adapters/lib/settings"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sqlite"
)

func main() { sdk.Main(setup) }

type adapter struct {
	db        *sqlite.DB
	separator string
}

func setup(l *sdk.Loop) error {
	separator, err := settings.Text(l, "separator")
	if err != nil {
		return err
	}
	db, err := sqlite.Open(l, "main")
	if err != nil {
		return err
	}
	a := &adapter{db, separator}
	l.OnShutdown(func(sdk.Shutdown) { _ = db.Close() }) // the host would do it, too
	l.HandleRoute("add", a.add)
	l.HandleRoute("ask", l.Concurrent(func(_ context.Context, c *sdk.Call) { a.ask(l, c) }))
	return db.Exec("CREATE TABLE IF NOT EXISTS notes (n INTEGER PRIMARY KEY, text TEXT NOT NULL)")
}

func (a *adapter) add(x *sdk.Exchange) {
	note, err := x.Body()
	if err = errors.Join(err, a.db.Exec("INSERT INTO notes (text) VALUES (?)", string(note))); err != nil {
		x.RespondText(500, err.Error()+"\n")
		return
	}
	x.RespondText(201, "noted\n")
}

// ask gives the agent all notes.
func (a *adapter) ask(l *sdk.Loop, c *sdk.Call) {
	var notes string
	var err error
	l.OnLoop(func() { notes, err = a.notes() })
	if err != nil {
		c.RespondText(500, err.Error()+"\n")
		return
	}
	for event, err := range c.Ask(sdk.UserMessage(notes)) {
		if err != nil {
			c.RespondText(sdk.AgentStatus(err), err.Error()+"\n")
			return
		}
		c.Write(event.Text)
	}
}

func (a *adapter) notes() (string, error) {
	stmt, err := a.db.Prepare("SELECT coalesce(group_concat(text, ?), '') FROM notes")
	if err != nil {
		return "", err
	}
	err = stmt.Bind(a.separator)
	if err == nil {
		_, err = stmt.Step()
	}
	text := stmt.ColumnText(0)
	return text, errors.Join(err, stmt.Close())
}
