package module_test

import (
	"bytes"
	"testing"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

func TestManifestIsReadBackAndReplaced(t *testing.T) {
	raw := minimal().Build()
	if got, found, err := module.Manifest(raw); found || got != nil || err != nil {
		t.Fatalf("module without manifest: %q, %v, %v", got, found, err)
	}
	for _, want := range []string{"name = \"a\"\n", "", "name = \"longer\"\n"} {
		next, err := module.AppendManifest(raw, []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		got, found, err := module.Manifest(next)
		if string(got) != want || !found || err != nil {
			t.Fatalf("wrote %q, read %q, %v, %v", want, got, found, err)
		}
		admit(t, next)
		raw = next
	}
	bare := minimal().Build()
	if !bytes.HasPrefix(raw, bare) || len(raw) > len(bare)+60 {
		t.Errorf("the earlier manifest was kept: %d bytes from %d", len(raw), len(bare))
	}
}

func TestManifestInTheMiddleIsReplaced(t *testing.T) {
	head := wt.Header + wt.Section(wt.SecCustom, wt.Name("innkeeper")+"old")
	rest := string(minimal().Build())[len(wt.Header):]
	got, err := module.AppendManifest([]byte(head+rest), []byte("new"))
	if want := wt.Header + rest + wt.Section(wt.SecCustom, wt.Name("innkeeper")+"new"); string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestManifestErrors(t *testing.T) {
	twice := minimal()
	twice.Custom("innkeeper", "a")
	twice.Custom("innkeeper", "b")
	large := minimal()
	large.Custom("innkeeper", string(make([]byte, limits.ManifestBytes+1)))
	for name, c := range map[string]struct {
		raw  []byte
		code module.Code
	}{
		"twice":       {twice.Build(), module.CodeManifest},
		"too large":   {large.Build(), module.CodeLimit},
		"no module":   {[]byte("name = 1"), module.CodeText},
		"broken size": {append(minimal().Build(), 0, 99), module.CodeTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := module.Manifest(c.raw)
			refused(t, err, c.code)
			_, err = module.AppendManifest(c.raw, []byte("x"))
			refused(t, err, c.code)
			_, err = module.Admit(c.raw, policy())
			refused(t, err, c.code)
		})
	}
	_, err := module.AppendManifest(minimal().Build(), make([]byte, limits.ManifestBytes+1))
	refused(t, err, module.CodeLimit)
}

func TestManifestIsACopy(t *testing.T) {
	raw, err := module.AppendManifest(minimal().Build(), []byte("abc"))
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := module.Manifest(raw)
	got[0] = 'X'
	if again, _, _ := module.Manifest(raw); string(again) != "abc" {
		t.Errorf("the file changed to %q", again)
	}
}
