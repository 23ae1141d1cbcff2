package abi_test

import (
	"testing"

	"innkeeper/adapters/abi"
)

func TestHeaderBlock(t *testing.T) {
	block := abi.AppendHeader(abi.AppendHeader([]byte(nil), "Content-Type", "text/plain"), "x-a\nb", " c\r\nd: e ")
	if want := "Content-Type: text/plain\nx-a b:  c  d: e \n"; string(block) != want {
		t.Errorf("block %q", block)
	}
	name, value, rest, ok := abi.CutHeader(string(block))
	if name != "Content-Type" || value != "text/plain" || !ok {
		t.Errorf("first line: %q %q %t", name, value, ok)
	}
	name, value, rest, ok = abi.CutHeader(rest)
	if name != "x-a b" || value != "c  d: e" || rest != "" || !ok {
		t.Errorf("second line: %q %q, rest %q, %t", name, value, rest, ok)
	}
	if _, _, rest, ok := abi.CutHeader("no colon\nx: y"); ok || rest != "x: y" {
		t.Errorf("a line without a colon: %t, rest %q", ok, rest)
	}
	if _, value, _, ok := abi.CutHeader("x:y"); !ok || value != "y" {
		t.Errorf("the last line without its end: %q %t", value, ok)
	}
}
