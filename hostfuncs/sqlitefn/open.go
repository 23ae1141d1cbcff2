package sqlitefn

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/handles"
	"innkeeper/runtime/safetext"
)

// Open implements sqlite.open. Everything about the file is checked before SQLite sees it, and the connection is confined
// before the guest does.
func (f *Family) Open(label []byte, handle *uint32) int32 {
	if !validLabel(label) {
		return abi.EINVAL.Result()
	}
	if !f.labels[string(label)] {
		return abi.EACCES.Result()
	}
	if err := f.ledger.Room(KindConnection); err != nil {
		return handles.Errno(err).Result()
	}
	if f.ctx.Err() != nil {
		return abi.ECANCELED.Result()
	}
	name := string(label)
	if !f.descriptors.Take(ConnectionDescriptors) {
		f.log.Warn("sqlite: the host has no descriptors left for another connection", "database", name)
		return abi.EMFILE.Result()
	}
	c, err := f.open(name)
	if err != nil {
		f.descriptors.Give(ConnectionDescriptors)
		return f.refuse(name, err)
	}
	c.descriptors = f.descriptors
	id, err := f.ledger.Register(f.closing, KindConnection, 0, fmt.Sprintf("sqlite.open %q", name), c)
	if err != nil {
		return handles.Errno(err).Result()
	}
	*handle = id
	return abi.SQLiteOK
}

// open returns a connection that is ready for the guest. If it fails it has left nothing open.
func (f *Family) open(label string) (*connection, error) {
	place, err := locate(f.dir, label)
	if err != nil {
		return nil, err
	}
	return f.openAt(place, label)
}

// openAt opens a file that was checked.
func (f *Family) openAt(place place, label string) (_ *connection, err error) {
	c := &connection{
		path:       place.path,
		opener:     fmt.Sprintf("sqlite.prepare %q", label),
		vfs:        f.vfs,
		limits:     f.limits,
		log:        f.log,
		deadline:   newDeadline(f.ctx, f.limits.CallBudget, f.work),
		damage:     f.damageOf(place.path),
		authorizer: authorizer{pragmas: pragmas()},
	}
	if c.share, err = f.survey(filepath.Dir(place.path)); err != nil {
		return nil, err
	}
	var recovers bool
	c.file, recovers = f.folder.enter(place)
	c.deadline.startWith(CallBudget) // the host's own work, which a shorter budget for the guest's does not bound
	err = c.attempt(func() error { return c.connect(place, recovers) })
	if err == nil {
		return c, nil
	}
	var damage *damageError
	if errors.As(err, &damage) {
		c.damage.CompareAndSwap(nil, damage)
	}
	c.keepLog()
	return nil, errors.Join(err, c.CloseHandle(f.closing))
}

func (c *connection) connect(place place, recovers bool) error {
	var err error
	ctx := sqlite3.WithMaxMemory(c.deadline, c.limits.MaxMemory)
	if c.db, err = sqlite3.OpenContext(ctx, c.nameOf(place.path)); err != nil {
		return err
	}
	c.db.SetInterrupt(c.deadline)
	if c.inside, err = reach(c.db); err != nil {
		return err
	}
	c.inside.setProgressInterval(ProgressSteps)
	if err := c.keepFile(sqlite3.FCNTL_FILE_POINTER); err != nil {
		return err
	}
	if err := c.sameFile(place); err != nil {
		return err
	}
	if err := c.harden(); err != nil {
		return err
	}
	if err := c.proveSound(recovers); err != nil {
		return err
	}
	if err := c.keepFile(sqlite3.FCNTL_JOURNAL_POINTER); err != nil {
		return err
	}
	if err := narrowSiblings(place.path); err != nil {
		return err
	}
	if err := c.db.SetAuthorizer(c.authorizer.decide); err != nil {
		return err
	}
	c.watchdog = startWatchdog(c.deadline, c.inside.memory)
	c.deadline.watchdog = c.watchdog
	return nil
}

// nameOf is a path for SQLite: as it is, but where a test has put something between SQLite and the system's files.
func (c *connection) nameOf(path string) string {
	if c.vfs == "" {
		return path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?vfs=" + c.vfs
}

// keepFile remembers one of the files behind the connection.
func (c *connection) keepFile(which sqlite3.FcntlOpcode) error {
	file, err := c.db.FileControl("main", which)
	if closer, ok := file.(io.Closer); ok {
		c.files = append(c.files, closer)
	}
	return err
}

// keepLog remembers the write-ahead log of a connection that was not made ready: SQLite may have opened it before the fault, and be
// unable to close it after that.
func (c *connection) keepLog() {
	if c.db != nil {
		_ = attempt(func() error { return c.keepFile(sqlite3.FCNTL_JOURNAL_POINTER) })
	}
}

// sameFile makes sure that what SQLite opened is what was checked: it follows links, which somebody may have put in between.
func (c *connection) sameFile(place place) error {
	file, err := c.db.FileControl("main", sqlite3.FCNTL_FILE_POINTER)
	if err != nil {
		return err
	}
	for {
		wrapped, ok := file.(vfs.FileUnwrap)
		if !ok {
			break
		}
		file = wrapped.Unwrap()
	}
	opened, ok := file.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return fmt.Errorf("path[%s]: opened as %T, which cannot be compared with the file that was checked", place.path, file)
	}
	info, err := opened.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(info, place.info) {
		return &refusedError{place.path, "exchanged for another file while it was opened"}
	}
	return nil
}

// narrowSiblings sets the modes of the files that SQLite made by now.
func narrowSiblings(path string) error {
	_, err := checkSiblings(path)
	return err
}

// refuse returns the result of an open that failed: SQLite's code if there is one, for about the rest the guest can do
// nothing.
func (f *Family) refuse(label string, err error) int32 {
	var damage *damageError
	if errors.As(err, &damage) {
		f.reportDamage(damage)
		return int32(damage.code)
	}
	log := f.log.With("database", label)
	var fault *panicError
	if errors.As(err, &fault) {
		log.Error("sqlite: open failed", "error", safetext.Line(err.Error(), shownBytes), "stack", string(fault.stack))
		return panicErrno(fault.value).Result()
	}
	log.Error("sqlite: open failed", "error", safetext.Line(err.Error(), shownBytes))
	var refused *refusedError
	var code sqlite3.ExtendedErrorCode
	switch {
	case errors.As(err, &refused):
		f.reportRefused(refused)
		return abi.EPERM.Result()
	case errors.As(err, &code):
		return int32(code)
	case errors.Is(err, syscall.ENOSPC):
		return int32(sqlite3.FULL)
	default:
		return int32(sqlite3.CANTOPEN)
	}
}

// damaged turns SQLite's word for a damaged file into a damageError.
func (c *connection) damaged(err error) error {
	if err == nil {
		return nil
	}
	if code := extendedCode(err).Code(); isDamage(code) {
		return newDamage(c.path, message(err), code)
	}
	return err
}

// proveSound reads the schema, and the whole database if it has to be put together with a log that was left over: a log
// that belongs to another database fits as far as SQLite can see. Only then may closing write the log into the file.
func (c *connection) proveSound(recovers bool) error {
	if err := c.damaged(c.db.Exec("SELECT count(*) FROM sqlite_schema")); err != nil {
		return err
	}
	if recovers {
		if err := c.quickCheck(); err != nil {
			return err
		}
	}
	c.sound = true
	return nil
}

func (c *connection) quickCheck() error {
	finding, err := c.text("PRAGMA quick_check(1)")
	if errors.Is(err, sqlite3.INTERRUPT) && c.deadline.Context.Err() == nil {
		c.log.Warn("sqlite: recovered database too large for a check within the call budget", "file", c.path)
		c.deadline.startWith(CallBudget)
		return nil
	}
	if err := c.damaged(err); err != nil {
		return err
	}
	if finding != "ok" {
		why := "after recovery from its write-ahead log: " + strings.ReplaceAll(finding, "\n", "; ")
		return newDamage(c.path, why, sqlite3.CORRUPT)
	}
	return nil
}

// text returns the first column of the first row. A panic must not finalize the statement, see wasDone.
func (c *connection) text(sql string) (string, error) {
	stmt, _, err := c.db.Prepare(sql)
	if err != nil {
		return "", err
	}
	var text string
	if stmt.Step() {
		text = stmt.ColumnText(0)
	}
	err = stmt.Err()
	stmt.Close()
	return text, err
}
