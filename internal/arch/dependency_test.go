package arch

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var (
	required = regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`) // "// indirect" lines do not match
	listed   = regexp.MustCompile(`(?m)^\| (\S+\.\S+) \| (v\S+) \| [^|]+ \| [^|]+ \|$`)
)

func TestEveryDependencyHasItsReason(t *testing.T) {
	direct, reasons := versions(t, required, "go.mod"), versions(t, listed, "docs", "dependencies.md")
	if len(direct) == 0 {
		t.Fatal("go.mod requires nothing")
	}
	for module, version := range direct {
		if reasons[module] != version {
			t.Errorf("docs/dependencies.md says %q of %s, go.mod %q", reasons[module], module, version)
		}
	}
	for _, module := range slices.Sorted(maps.Keys(reasons)) {
		if direct[module] == "" {
			t.Errorf("docs/dependencies.md lists %s, go.mod does not require it directly", module)
		}
	}
}

// versions returns what the pattern finds in a file below the module.
func versions(t *testing.T, pattern *regexp.Regexp, path ...string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, found := range pattern.FindAllStringSubmatch(string(raw), -1) {
		all[found[1]] = found[2]
	}
	return all
}
