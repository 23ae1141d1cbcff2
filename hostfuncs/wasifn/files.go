package wasifn

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// fileFunction is a function of WASI that works on a file, a folder or a socket, with its parameters: i is an i32, I an i64.
type fileFunction struct{ name, params string }

// fileFunctions returns what fails with EBADF whatever the arguments, because no guest has such a descriptor. wazero would say
// the same in most cases, after work on paths and descriptors that has no place in a sandbox without files; its
// fd_filestat_set_times panics for the standard streams.
func fileFunctions() []fileFunction {
	return []fileFunction{
		{"fd_advise", "iIIi"}, {"fd_allocate", "iII"}, {"fd_filestat_set_size", "iI"}, {"fd_filestat_set_times", "iIIi"},
		{"fd_pread", "iiiIi"}, {"fd_pwrite", "iiiIi"}, {"fd_readdir", "iiiIi"}, {"fd_renumber", "ii"},
		{"fd_prestat_get", "ii"}, {"fd_prestat_dir_name", "iii"},
		{"path_create_directory", "iii"}, {"path_filestat_get", "iiiii"}, {"path_filestat_set_times", "iiiiIIi"},
		{"path_link", "iiiiiii"}, {"path_open", "iiiiiIIii"}, {"path_readlink", "iiiiii"}, {"path_remove_directory", "iii"},
		{"path_rename", "iiiiii"}, {"path_symlink", "iiiii"}, {"path_unlink_file", "iii"},
		{"sock_accept", "iii"}, {"sock_recv", "iiiiii"}, {"sock_send", "iiiii"}, {"sock_shutdown", "ii"},
	}
}

func noFile(context.Context, guestmem.Memory, []uint64) abi.Errno { return abi.EBADF }

func exportFileFunctions(builder wazero.HostModuleBuilder) {
	for _, f := range fileFunctions() {
		types := make([]api.ValueType, len(f.params))
		for i, letter := range f.params {
			types[i] = api.ValueTypeI32
			if letter == 'I' {
				types[i] = api.ValueTypeI64
			}
		}
		export(builder, f.name, types, noFile)
	}
}
