package database

import (
	"strconv"

	"innkeeper/adapters/sdk"
)

// Schema is the tables of a database, and how those of earlier releases become them.
type Schema struct {
	// Create makes the tables of the newest version in an empty database.
	Create string
	// Upgrades lead from one version to the next: the first from version 1 to 2. So a database is of version 1 when there are
	// none, and a database with tables that tells no version is of version 1.
	Upgrades []Upgrade
}

// Upgrade brings a database to the next version. It is called in a transaction, again and again until it reports that it is
// done, so that a large database can be moved in steps that each stay within the host's time for one call. After a kill it
// goes on with what the last transaction left.
type Upgrade func(db *DB) (done bool, err error)

func (s *Schema) version() int { return 1 + len(s.Upgrades) }

// Migrate makes the tables, or brings them up to date. Nearly every start finds them so, and pays for one read of the header.
// A database of a later release is an error that only a person can mend.
func (db *DB) Migrate(schema Schema) error {
	for {
		version, err := db.version()
		switch {
		case err != nil:
			return err
		case version == schema.version():
			return nil
		case version > schema.version():
			return errNewer(version)
		}
		if err := db.Write(func() error { return db.advance(&schema) }); err != nil {
			return err
		}
	}
}

// advance is one step of a migration. What another instance has done meanwhile is not done again.
func (db *DB) advance(schema *Schema) error {
	version, err := db.version()
	if err != nil || version >= schema.version() {
		return err
	}
	if version == 0 {
		empty, err := db.empty()
		if err != nil {
			return err
		}
		if empty {
			return db.Script(schema.Create + setVersion(schema.version()))
		}
		version = 1
	}
	done, err := schema.Upgrades[version-1](db)
	if err != nil || !done {
		return err
	}
	return db.Script(setVersion(version + 1))
}

func setVersion(version int) string { return ";PRAGMA user_version = " + strconv.Itoa(version) + ";" }

func (db *DB) version() (version int, err error) {
	_, err = db.Get("PRAGMA user_version", nil, &version)
	return version, err
}

func (db *DB) empty() (bool, error) {
	found, err := db.Get("SELECT 1 FROM sqlite_schema LIMIT 1", nil)
	return !found, err
}

// errNewer keeps an older adapter from writing into what a newer one has made.
func errNewer(version int) error {
	return sdk.Permanent("database_newer", "the database was made by a newer version of the adapter (schema "+
		strconv.Itoa(version)+"): install that version, or move the database away")
}
