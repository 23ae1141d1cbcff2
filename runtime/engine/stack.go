package engine

import (
	"fmt"
	"sync/atomic"
	"reflect"

	"github.com/tetratelabs/wazero/api"

	"innkeeper/runtime/limits"
)

// callStack is the memory in which wazero's compiler keeps the frames of one call. It doubles when it is full, up to 100 MB and half
// of that while it is copied, and nothing in wazero's interface bounds it. So a checkpoint looks at its size: metering
// sees to it that not much is pushed between two of them.
//
// The field is wazero's own; reading its length through package reflect is safe whatever becomes of it, and a test fails when it
// is not there. The interpreter has none, and ends a guest after 2,000 calls.
type callStack struct{ top, pointer reflect.Value }

// callStackOf returns the stack on which calls of the function run.
func callStackOf(function api.Function) callStack {
	engine := reflect.Indirect(reflect.ValueOf(function))
	if engine.Kind() != reflect.Struct {
		return callStack{}
	}
	top, context := engine.FieldByName("stackTop"), engine.FieldByName("execCtx")
	if !top.IsValid() || !context.IsValid() || context.Kind() != reflect.Struct {
		return callStack{}
	}
	pointer := context.FieldByName("stackPointerBeforeGoCall")
	if !top.CanUint() || !pointer.IsValid() || pointer.Kind() != reflect.Pointer {
		return callStack{}
	}
	return callStack{top, pointer}
}

// size is how many bytes the guest's calls take at the moment, while it is in a host function; 0 if it is not known.
func (s callStack) size() int {
	if !s.top.IsValid() {
		return 0
	}
	return int(uintptr(s.top.Uint()) - s.pointer.Pointer())
}

var ZZMax atomic.Int64

func (s callStack) check() {
	if int64(s.size()) > ZZMax.Load() {
		ZZMax.Store(int64(s.size()))
	}
	if s.size() > limits.StackBytes {
		panic(stackOverflow{})
	}
}

// stackOverflow ends a guest like the trap of the same name.
type stackOverflow struct{}

func (stackOverflow) Error() string {
	return fmt.Sprintf("stack overflow: the calls that have not returned take more than %d MiB", limits.StackBytes>>20)
}
