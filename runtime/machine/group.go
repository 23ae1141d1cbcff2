package machine

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Where the two versions of control groups are mounted, from the root of the file system.
const (
	groupsFolder  = "sys/fs/cgroup"
	memoryFolder  = "sys/fs/cgroup/memory"
	ownGroupsFile = "proc/self/cgroup"
)

// groups are the folders of every control group around this process. In a container its own group is where they are mounted, whatever
// path the file names, so that those folders always count.
func groups(root fs.FS) []string {
	folders := []string{groupsFolder, memoryFolder}
	text, err := fs.ReadFile(root, ownGroupsFile)
	if err != nil {
		return folders
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) < 3 {
			continue
		}
		switch {
		case fields[1] == "":
			folders = append(folders, upwards(groupsFolder, fields[2])...)
		case strings.Contains(","+fields[1]+",", ",memory,"):
			folders = append(folders, upwards(memoryFolder, fields[2])...)
		}
	}
	return folders
}

// upwards lists a group and those around it: each bounds what is below.
func upwards(mount, group string) []string {
	var folders []string
	for group = path.Clean("/" + group); group != "/"; group = path.Dir(group) {
		folders = append(folders, path.Join(mount, group))
	}
	return folders
}

// readNumber reads a file that holds one number; 0 for anything else, such as "max".
func readNumber(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
