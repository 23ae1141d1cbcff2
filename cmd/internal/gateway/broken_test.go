package gateway

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"innkeeper/runtime/supervisor"
)

// A damaged database ends in one failure with a hint; its file is not touched. With the file out of the way the adapter runs.
func TestDamagedDatabaseFailsWithAHint(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	p := newPuppet()
	p.main(p.openDatabase(), p.exec("CREATE TABLE IF NOT EXISTS t(x)"), p.ready(), p.idle())
	folder := filepath.Join(dir, "data", puppetName)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	database := filepath.Join(folder, "main.db")
	junk := []byte(strings.Repeat("this is no database. ", 500))
	if err := os.WriteFile(database, junk, 0o600); err != nil {
		t.Fatal(err)
	}
	h := openIn(t, dir, plan{toml: adapter(puppetName, p.write(t, dir, "m", puppetManifest), quick)})
	status := h.await(puppetName, supervisor.Failed)
	if !strings.HasPrefix(status.Reason, "database_corrupt: ") || !strings.Contains(status.Reason, database) || !strings.Contains(status.Reason, "put a backup in its place") {
		t.Error(status.Reason)
	}
	if now, err := os.ReadFile(database); err != nil || string(now) != string(junk) {
		t.Errorf("the file was touched: %v", err)
	}
	if err := os.Rename(database, filepath.Join(dir, "aside.db")); err != nil {
		t.Fatal(err)
	}
	h.must(h.Restart(ctx, puppetName))
	h.await(puppetName, supervisor.Connected)
	if states := h.states(puppetName); len(states) != 4 {
		t.Errorf("it was tried again by itself: %v", states)
	}
}

// A module that is refused fails once, says why, and can be put right.
func TestRefusedModule(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.ask(), p.idle()).write(t, dir, "m", strings.Replace(puppetManifest, `, "agent"`, "", 1))
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
	status := h.await(puppetName, supervisor.Failed)
	if !strings.HasPrefix(status.Reason, "module_refused: ") || !strings.Contains(status.Reason, "agent") {
		t.Error(status.Reason)
	}
	h.unavailable("failed")
	server(t, dir, "m", "hello")
	if touched, err := h.Reload(context.Background()); err != nil || len(touched) != 1 {
		t.Fatalf("%v, %v", touched, err)
	}
	if status := h.await(puppetName, supervisor.Connected); status.Generation != 2 {
		t.Errorf("generation %d", status.Generation)
	}
}

// The same manifest, another code: a reload sees what lies in the file even if the one before was refused.
func TestReloadSeesAModuleInThePlaceOfARefusedOne(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	p.b.Import("env", "unknown", "", "")
	file := p.main(p.idle()).write(t, dir, "m", puppetManifest)
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
	h.await(puppetName, supervisor.Failed)
	server(t, dir, "m", "hello")
	if touched, err := h.Reload(context.Background()); err != nil || len(touched) != 1 {
		t.Fatalf("%v, %v", touched, err)
	}
	h.await(puppetName, supervisor.Connected)
}
