package engine_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/engine"
)

func TestZZDepth(t *testing.T) {
	raw, err := os.ReadFile("/tmp/meterbase/deep.wasm")
	if err != nil {
		t.Fatal(err)
	}
	program, err := engine.Compile(t.Context(), config(t, raw, nil, false, goPages))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close(context.Background())
	for _, c := range []string{"json 9999", "json 10001", "xml 9000", "func 10000", "func 100000", "func 1000000", "iface 10000", "iface 100000", "goparse 10000", "goparse 50000", "regexp 900", "regexp 10000", "template 10000"} {
		engine.ZZMax.Store(0)
		s := newStay()
		s.Context = wasifn.With(s.Context, wasifn.Program{Args: append([]string{"x"}, strings.Fields(c)...), Stdout: &s.printed, Stderr: &s.printed})
		exit := program.Run(context.Background(), s.Instance)
		out := s.printed.String()
		fmt.Printf("%s: stack %d KiB, exit %s %.60q out %.80q\n", c, engine.ZZMax.Load()>>10, exit.Code, exit.Message, out)
	}
}
