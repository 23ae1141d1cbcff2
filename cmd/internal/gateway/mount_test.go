package gateway

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"innkeeper/runtime/supervisor"
)

// Adapters share the front's address by path, and move between mounts and addresses with a reload.
func TestMounts(t *testing.T) {
	dir := t.TempDir()
	first, second := server(t, dir, "m1", "first"), server(t, dir, "m2", "second")
	front := func(address string) string { return "[front]\nlisten = \"" + address + "\"\n" }
	mount := func(path string) string { return `mount = "` + path + `"` }
	a, b := freeAddress(t), freeAddress(t)
	h := openIn(t, dir, plan{toml: front(a) + adapter("one", first, quick, mount("/x")) + adapter("two", second, quick, mount("/y"))})
	await := func(names ...string) {
		t.Helper()
		for _, name := range names {
			h.await(name, supervisor.Connected)
		}
	}
	answer := func(name, url, text string) {
		t.Helper()
		if h.url(name) != "http://"+url+"/" {
			t.Errorf("%s is at %s, want %s", name, h.url(name), url)
		}
		h.answersWith(name, text)
	}
	await("one", "two")
	answer("one", a+"/x", "first")
	answer("two", a+"/y", "second")

	h.reloads(front(b)+adapter("one", first, quick, mount("/x"))+adapter("two", second, quick, mount("/z")), "one", "two")
	await("one", "two")
	answer("one", b+"/x", "first")
	answer("two", b+"/z", "second")
	if conn, err := net.Dial("tcp", a); err == nil {
		conn.Close()
		t.Error("the front still listens where it was")
	}

	h.reloads(front(b)+adapter("one", first, quick, mount("/x"))+adapter("two", second, quick, `listen = "`+a+`"`), "two")
	await("two")
	answer("one", b+"/x", "first")
	answer("two", a, "second")
	response, err := http.Get("http://" + b + "/z/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != 404 || !strings.Contains(kind, "problem+json") {
		t.Errorf("the mount that was left: %d %s", response.StatusCode, kind)
	}
}
