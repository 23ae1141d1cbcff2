package engine

import (
	"fmt"
	"reflect"

	"github.com/tetratelabs/wazero/api"

	"innkeeper/runtime/limits"
)

// callStack is the memory in which wazero's compiler keeps the frames of a guest's calls. It doubles whenever it is full, up to
// 100 MB and half of that again while it is copied, and nothing in wazero's interface bounds it. So each checkpoint looks at how
// much of it is in use; metering sees to it that little is added between two of them.
//
// The fields are wazero's own. To read them through package reflect is safe whatever becomes of them, and a test fails when
// they are gone. The interpreter has none: it ends a guest after 2,000 calls inside each other.
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

// check ends a guest whose stack is too large.
func (s callStack) check() {
	if s.size() > limits.StackBytes {
		panic(stackOverflow{})
	}
}

// stackOverflow ends a guest like the trap of the same name.
type stackOverflow struct{}

func (stackOverflow) Error() string {
	return fmt.Sprintf("stack overflow: the calls that have not returned take more than %d MiB", limits.StackBytes>>20)
}
