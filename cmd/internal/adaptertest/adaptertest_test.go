package adaptertest

import (
	"bytes"
	"slices"
	"testing"

	"innkeeper/adapters/bundled"
)

// What is bundled follows from the sources beside it. A binary of a tree in which somebody forgot to build again would be
// tested as one thing and shipped as another.
func TestBundledIsBuiltFromTheseSources(t *testing.T) {
	if !slices.Contains(bundled.Names(), "api_server") {
		t.Skip("nothing is bundled: run make bundled")
	}
	there, err := bundled.Module("api_server")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, APIServer(t)) {
		t.Error("adapters/bundled/wasm/api_server.wasm is not what the sources say: run make bundled")
	}
}
