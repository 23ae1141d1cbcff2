package module_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// operandForms are operands that some instruction takes. The decoder and the
// engine must agree, for every opcode, on which of them it takes: if one of
// them saw an instruction where the other sees an operand, a loop could hide.
var operandForms = []string{
	"", "\x00", "\x40\x0b", "\x00\x00", "\x00\x00\x00", "\x70", "\x01\x7f",
	"\x00\x00\x00\x00", strings.Repeat("\x00", 8), strings.Repeat("\x00", 16), "\x40\x05\x0b", "\x03", "\x81\x00",
}

// opcodeModule has one of everything that index 0 may mean. What stands behind
// unreachable may take any operands from the stack.
func opcodeModule(code string) []byte {
	return []byte(parts(
		wt.Section(wt.SecType, typeVoid),
		wt.Section(wt.SecFunction, oneFunction),
		wt.Section(wt.SecTable, "\x01\x70\x00\x01"),
		wt.Section(wt.SecMemory, oneMemory),
		wt.Section(wt.SecGlobal, "\x01\x7f\x01\x41\x00\x0b"),
		wt.Section(wt.SecExport, exportBoth),
		wt.Section(wt.SecElement, "\x01\x01\x00\x01\x00"),
		wt.Section(wt.SecDataCount, "\x01"),
		wt.Section(wt.SecCode, wt.Vec(wt.Name("\x01\x01\x7f\x00"+code+"\x00\x0b"))),
		wt.Section(wt.SecData, "\x01\x01\x00"),
	))
}

func TestDecoderAndEngineAgreeOnEveryOpcode(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	var opcodes []string
	for b := range 256 {
		op := string([]byte{byte(b)})
		opcodes = append(opcodes, op, "\xfc"+op, "\xfd"+op, "\xfd"+op+"\x01", "\xfe"+op)
	}
	known := 0
	for _, op := range opcodes {
		for _, operands := range operandForms {
			raw := opcodeModule(op + operands)
			c, err := r.CompileModule(ctx, raw)
			if err != nil {
				continue // what the engine refuses does not run
			}
			c.Close(ctx)
			known++
			m, err := module.Admit(raw, module.Policy{})
			if err != nil {
				if !refusedForForm(err) {
					t.Errorf("% x: engine takes it, admission says %v", op+operands, err)
				}
				continue
			}
			out, err := m.Instrument(module.Meter{MaxPages: testPages})
			if err != nil {
				t.Fatal(err)
			}
			if c, err := r.CompileModule(ctx, out); err != nil {
				t.Errorf("% x: instrumented: %v", op+operands, err)
			} else {
				c.Close(ctx)
			}
		}
	}
	if known < 400 {
		t.Errorf("only %d forms are known to the engine", known)
	}
}

// refusedForForm reports whether admission is stricter than the engine on
// purpose: the engine reads vector opcodes as one byte, so that the second
// byte of their LEB128 form counts as an instruction of its own.
func refusedForForm(err error) bool { return strings.Contains(err.Error(), "vector instruction") }
