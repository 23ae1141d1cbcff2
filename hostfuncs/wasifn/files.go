package wasifn

import (
	"context"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// fileFunctions returns what works on a file, a folder or a socket: it fails with EBADF whatever the arguments, because no guest
// has such a descriptor.
func fileFunctions() []function {
	return []function{
		{"fd_advise", "iIIi", noFile}, {"fd_allocate", "iII", noFile}, {"fd_filestat_set_size", "iI", noFile},
		{"fd_filestat_set_times", "iIIi", noFile}, {"fd_pread", "iiiIi", noFile}, {"fd_pwrite", "iiiIi", noFile},
		{"fd_readdir", "iiiIi", noFile}, {"fd_renumber", "ii", noFile},
		{"fd_prestat_get", "ii", noFile}, {"fd_prestat_dir_name", "iii", noFile},
		{"path_create_directory", "iii", noFile}, {"path_filestat_get", "iiiii", noFile}, {"path_filestat_set_times", "iiiiIIi", noFile},
		{"path_link", "iiiiiii", noFile}, {"path_open", "iiiiiIIii", noFile}, {"path_readlink", "iiiiii", noFile},
		{"path_remove_directory", "iii", noFile}, {"path_rename", "iiiiii", noFile}, {"path_symlink", "iiiii", noFile},
		{"path_unlink_file", "iii", noFile},
		{"sock_accept", "iii", noFile}, {"sock_recv", "iiiiii", noFile}, {"sock_send", "iiiii", noFile}, {"sock_shutdown", "ii", noFile},
	}
}

func noFile(context.Context, guestmem.Memory, []uint64) abi.Errno { return abi.EBADF }
