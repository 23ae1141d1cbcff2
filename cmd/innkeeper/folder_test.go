package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/module/wasmtest"
)

// drop puts a file into the drop-in folder, as a careful person does: under another name first.
func (sh *shell) drop(from, name string) {
	sh.t.Helper()
	if err := os.MkdirAll(sh.path("adapters"), 0o755); err != nil {
		sh.t.Fatal(err)
	}
	if err := os.Rename(from, sh.path("adapters/"+name)); err != nil {
		sh.t.Fatal(err)
	}
}

// becomes waits until an adapter is as wanted.
func (sh *shell) becomes(what, name string, wanted func(admin.Adapter) bool) admin.Adapter {
	sh.t.Helper()
	until(sh.t, name+" "+what, func() bool { return wanted(sh.adapter(name)) })
	return sh.adapter(name)
}

func (sh *shell) connects(name string, generation uint64) {
	sh.t.Helper()
	sh.becomes("connects", name, func(a admin.Adapter) bool {
		return a.State == "connected" && a.Generation == generation && a.Update == ""
	})
}

// A file that is put into the folder runs, is replaced by another, outlives a broken one, and ends when it is taken away.
func TestADayOfTheDropInFolder(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "# nothing yet\n")
	s := sh.runs()
	sh.drop(sh.quiet(), "mine.wasm")
	a := sh.becomes("is listed", "mine", func(a admin.Adapter) bool { return a.State == "unconfigured" })
	if !strings.Contains(a.Reason, `"token"`) || a.Module != sh.path("adapters/mine.wasm") {
		t.Errorf("%+v", a)
	}
	sh.write("innkeeper.toml", "[adapters.mine]\ntoken = \"t\"\n")
	sh.want(exOK, []string{"reload"}, "mine: connected")

	sh.drop(sh.guest("tmp", strings.Replace(quietManifest, "1.0", "1.1", 1), quietGuest), "mine.wasm")
	sh.connects("mine", 2)

	sh.drop(sh.write("broken.wasm", "hello"), "mine.wasm")
	a = sh.becomes("is not updated", "mine", func(a admin.Adapter) bool { return strings.HasPrefix(a.Update, "refused: ") })
	if a.State != "connected" || a.Generation != 2 {
		t.Errorf("%+v", a)
	}
	sh.want(exOK, []string{"status"}, "connected", "update refused: module["+sh.path("adapters/mine.wasm"))
	sh.want(exDataErr, []string{"restart", "mine"}, "update refused", "adapters/mine.wasm")
	sh.want(exDataErr, []string{"reload"}, "update refused", "adapters/mine.wasm")

	sh.drop(sh.quiet(), "mine.wasm")
	sh.connects("mine", 3)

	if err := os.Remove(sh.path("adapters/mine.wasm")); err != nil {
		t.Fatal(err)
	}
	sh.becomes("ends", "mine", func(a admin.Adapter) bool {
		return a.State == "unconfigured" && strings.Contains(a.Reason, "it has no module")
	})
	sh.write("innkeeper.toml", "")
	sh.want(exOK, []string{"reload"}, "mine: removed")

	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// A manifest may lie beside its module, and is as much a part of it as one inside.
func TestDropInWithItsManifestBeside(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "[adapters.mine]\ntoken = \"t\"\n")
	s := sh.runs()
	b := wasmtest.New()
	quietGuest(b)
	sh.drop(sh.write("tmp", string(b.Build())), "mine.wasm")
	sh.becomes("lacks a manifest", "mine", func(a admin.Adapter) bool { return strings.Contains(a.Reason, sh.path("adapters/mine.toml")) })
	sh.drop(sh.write("tmp", quietManifest), "mine.toml")
	sh.becomes("connects", "mine", func(a admin.Adapter) bool { return a.State == "connected" })
	before := sh.adapter("mine").Generation
	sh.drop(sh.write("tmp", quietManifest+"[settings.note]\ntype = \"string\"\n"), "mine.toml")
	sh.connects("mine", before+1)
	sh.drop(sh.write("tmp", "nmae = 1"), "mine.toml")
	sh.becomes("is not updated", "mine", func(a admin.Adapter) bool { return a.State == "connected" && strings.Contains(a.Update, "mine.toml") })
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// A folder is all that a host needs, and it may be emptied.
func TestDropInFolderWithoutAConfiguration(t *testing.T) {
	sh := newShell(t)
	sh.want(exNoInput, []string{"run"}, "there is no such file")
	sh.drop(sh.public("tmp"), "public.wasm")
	s := sh.runs()
	for _, gone := range []string{"adapters/public.wasm", "adapters"} {
		if err := os.Remove(sh.path(gone)); err != nil {
			t.Fatal(err)
		}
		until(t, gone+" is noticed", func() bool {
			status, err := admin.NewClient(sh.path("data")).Status(t.Context())
			return err == nil && len(status.Adapters) == 0
		})
	}
	sh.want(exOK, []string{"reload"}, "no adapter changed")
	if code := sh.ends(s, syscall.SIGTERM); code != exOK || strings.Contains(s.err.String(), "ERR") {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// A module that asks for more than it may have waits for the operator; after an update the last good one goes on meanwhile.
func TestDropInThatAsksWaits(t *testing.T) {
	sh := newShell(t)
	sh.env["PUBLIC_TOKEN"], sh.env["MINE_TOKEN"] = goodKey, goodKey
	sh.write("innkeeper.toml", "[adapters.public]\n# its own words\nlimits = { memory = \"8MiB\" }\n")
	s := sh.runs()
	sh.drop(sh.public("public.tmp"), "public.wasm")
	a := sh.becomes("waits", "public", func(a admin.Adapter) bool { return strings.Contains(a.Reason, "it asks for listen 0.0.0.0:0") })
	if a.State != "unconfigured" || a.Generation != 0 || a.Listen != "" {
		t.Errorf("%+v", a)
	}
	sh.want(exOK, []string{"grant", "public"}, "granted to public: listen 0.0.0.0:0", "read by the running host")
	sh.connects("public", 1)

	sh.guest("public.tmp", strings.Replace(publicManifest, "0.0.0.0:0", "[::]:0", 1), quietGuest)
	sh.drop(sh.path("public.tmp"), "public.wasm")
	a = sh.becomes("waits with its update", "public", func(a admin.Adapter) bool { return strings.Contains(a.Update, "it asks for listen [::]:0") })
	if a.State != "connected" || a.Generation != 1 {
		t.Errorf("%+v", a)
	}
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// What clashes or could have been put there by anybody is told, and harms nobody else.
func TestDropInFolderRefuses(t *testing.T) {
	sh := newShell(t)
	quiet := sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.drop(sh.write("tmp", sh.read("quiet.wasm")), "mine.wasm")
	sh.drop(sh.write("tmp", sh.read("quiet.wasm")), "Not A Name.wasm")
	if err := os.Symlink(quiet, sh.path("adapters/linked.wasm")); err != nil {
		t.Skip(err)
	}
	sh.want(exConfig, []string{"check"}, "mine", "yes", "ignored "+sh.path("adapters/mine.wasm"), "[adapters.mine] names another module",
		"ignored "+sh.path("adapters/Not A Name.wasm"), "linked", "symbolic link")
	s := sh.runs()
	if a := sh.adapter("mine"); a.State != "connected" {
		t.Errorf("%+v", a)
	}
	if a := sh.adapter("linked"); a.State != "failed" || !strings.Contains(a.Reason, "symbolic link") {
		t.Errorf("%+v", a)
	}
	if err := os.Chmod(sh.path("adapters"), 0o777); err != nil {
		t.Fatal(err)
	}
	sh.becomes("is refused", "linked", func(a admin.Adapter) bool { return strings.Contains(a.Reason, "everybody may write") })
	if code := sh.ends(s, syscall.SIGTERM); code != exOK || strings.Count(s.err.String(), "file ignored") < 2 {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}
