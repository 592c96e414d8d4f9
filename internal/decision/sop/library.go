package sop

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed library/*.yaml
var shelf embed.FS

// Library returns the processes that nobody has to write, in the order of their
// names. A brand installs them as they are or changes them first.
func Library() ([]Process, error) {
	files, err := fs.Glob(shelf, "library/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the library of processes: %w", err)
	}
	all := make([]Process, 0, len(files))
	for _, name := range files {
		text, err := shelf.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the library of processes: %w", err)
		}
		p, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Process) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// FromLibrary returns the text of a process of the library as it was written; ok is
// false where there is none of the name.
func FromLibrary(name string) (text []byte, ok bool) {
	if !names.MatchString(name) {
		return nil, false
	}
	text, err := shelf.ReadFile("library/" + name + ".yaml")
	return text, err == nil
}
