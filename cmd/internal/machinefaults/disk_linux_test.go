package machinefaults

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// smallDisk is a data folder on a disk of its own.
func (w *world) smallDisk(size string) {
	w.t.Helper()
	if err := os.MkdirAll(w.data, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", w.data, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		skip(w.t, "a disk cannot be mounted here, which takes root: %v", err)
	}
	w.t.Cleanup(func() {
		w.kill()
		_ = syscall.Unmount(w.data, syscall.MNT_DETACH)
	})
}

// stores has a response stored, and gives its id if it was acknowledged.
func (w *world) stores(text string) (id string, status int, err error) {
	status, body, err := w.ask("POST", "/v1/responses", `{"model":"any","input":"`+text+`"}`)
	var said struct{ ID, Status string }
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &said) != nil || said.Status != "completed" {
		return "", status, err
	}
	return said.ID, status, nil
}

// A full disk costs what cannot be written, and nothing else: the process lives, answers, and stores again once there is room.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	w.smallDisk("48m")
	w.configure(w.api())
	w.warm()
	w.start()
	w.connected(apiName)
	if id, _, err := w.stores("before"); id == "" {
		t.Fatalf("nothing stored with room: %v", err)
	}
	w.fill()
	refused := 0
	for range pick(50, 10) {
		_, status, err := w.stores(strings.Repeat("a long text ", 4000))
		if err != nil || status < 200 {
			t.Errorf("no answer: %d %v", status, err)
		}
		if status != http.StatusOK {
			refused++
		}
		w.chats()
	}
	if got := w.adapter(apiName); got.State != "connected" || got.Generation != 1 {
		t.Errorf("on a full disk: %+v", got)
	}
	if err := os.Remove(filepath.Join(w.data, "ballast")); err != nil {
		t.Fatal(err)
	}
	w.until("a response is stored again", func() bool {
		id, _, _ := w.stores("after")
		if id == "" {
			return false
		}
		status, _, err := w.ask("GET", "/v1/responses/"+id, "")
		return err == nil && status == http.StatusOK
	})
	took := w.ends(syscall.SIGTERM, 0)
	w.sound()
	note(t, "alive, answers, one generation; stores again when there is room; ended in %d ms; integrity ok", took.Milliseconds())
}

// fill leaves no byte free.
func (w *world) fill() {
	w.t.Helper()
	file, err := os.Create(filepath.Join(w.data, "ballast"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := file.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}

// A data folder that becomes read-only is like a full disk. One that is so at the start is refused with a reason.
func TestReadOnlyFolder(t *testing.T) {
	w := newWorld(t)
	w.smallDisk("48m")
	w.configure(w.api())
	w.warm()
	w.start()
	w.connected(apiName)
	// What is open for writing keeps a disk from becoming read-only; a bind mount over the folder does not.
	folder := filepath.Join(w.data, apiName)
	if err := syscall.Mount(folder, folder, "", syscall.MS_BIND, ""); err != nil {
		skip(t, "a folder cannot be mounted here: %v", err)
	}
	defer syscall.Unmount(folder, syscall.MNT_DETACH)
	if err := syscall.Mount("", folder, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		skip(t, "a folder cannot be made read-only here: %v", err)
	}
	if err := w.restart(); err == nil { // the successor cannot open its database
		t.Error("a restart in a read-only folder was carried out")
	}
	if _, err := w.status(); err != nil {
		t.Errorf("status: %v", err)
	}
	if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	w.connected(apiName)
	w.until("it can be restarted again", func() bool { return w.restart() == nil })
	w.chats()
	took := w.ends(syscall.SIGTERM, 0)

	if err := syscall.Mount("", w.data, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		skip(t, "a disk cannot be made read-only here: %v", err)
	}
	w.start()
	code := w.code()
	if code == 0 || !strings.Contains(w.log.String(), "read-only") {
		t.Errorf("started with %d in a read-only folder: %s", code, w.log)
	}
	note(t, "restart refused, goes on, recovers; ended in %d ms; a start there ends with %d and the reason", took.Milliseconds(), code)
}

// sound checks the API server's database, with nobody using it.
func (w *world) sound() {
	w.t.Helper()
	files, _ := filepath.Glob(filepath.Join(w.data, apiName, "*.db"))
	if len(files) == 0 {
		w.t.Error("there is no database")
	}
	for _, file := range files {
		db, err := sqlite3.Open(file)
		if err != nil {
			w.t.Fatal(err)
		}
		check, _, err := db.Prepare("PRAGMA integrity_check")
		if err != nil {
			w.t.Fatal(err)
		}
		if !check.Step() || check.ColumnText(0) != "ok" {
			w.t.Errorf("integrity of %s: %s %v", file, check.ColumnText(0), check.Err())
		}
		check.Close()
		db.Close()
	}
}
