package artifact

// ProgramPath leads to the program that runs, also when its file was replaced or removed.
func ProgramPath() (string, error) { return "/proc/self/exe", nil }
