// Package arch holds the rules of the house as tests: who may import whom,
// how long things may be, and that docs/architecture.md says the same.
package arch

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/architecture.md from the table")

type source struct {
	path string // slash-separated, below the module
	room string // first folder below internal, "cmd" for programs
	test bool
	file *ast.File
	set  *token.FileSet
}

func load(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			slash := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			room := "cmd"
			if rest, ok := strings.CutPrefix(slash, "internal/"); ok {
				room, _, _ = strings.Cut(rest, "/")
			}
			all = append(all, source{slash, room, strings.HasSuffix(path, "_test.go") || testOnly(slash), file, set})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// testOnly tells whether a package exists for tests alone.
func testOnly(path string) bool {
	for _, part := range strings.Split(filepath.ToSlash(filepath.Dir(path)), "/") {
		if strings.HasSuffix(part, "test") {
			return true
		}
	}
	return false
}

func rooms() map[string]room {
	m := map[string]room{}
	for _, r := range house {
		m[r.name] = r
	}
	return m
}

func TestEveryFolderIsARoomOfTheHouse(t *testing.T) {
	known := rooms()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := known[e.Name()]; e.IsDir() && !ok && e.Name() != "arch" {
			t.Errorf("internal/%s is not in the house: give it a purpose and its imports in rooms_test.go, with a decision record", e.Name())
		}
	}
}

func TestImportsPointUpTheHouse(t *testing.T) {
	known := rooms()
	for _, s := range load(t) {
		if s.test || s.room == "arch" || s.room == "cmd" {
			continue
		}
		r := known[s.room]
		for _, imp := range imports(s.file) {
			if to, ok := strings.CutPrefix(imp, "siyu/internal/"); ok {
				to, _, _ = strings.Cut(to, "/")
				if to != s.room && !allowed(r, to) {
					t.Errorf("%s imports %s: %q (%s) may use only: %s", s.path, to, r.name, r.purpose, r.imports)
				}
			}
			if r.pure && slices.Contains(impure, imp) {
				t.Errorf("%s imports %s: %q is pure, give it what it needs as an argument", s.path, imp, r.name)
			}
		}
	}
}

func allowed(r room, to string) bool {
	if r.imports != "*" {
		return slices.Contains(strings.Fields(r.imports), to)
	}
	for _, above := range house {
		if above.name == r.name {
			return false
		}
		if above.name == to {
			return true
		}
	}
	return false
}

func TestForeignPackagesComeInByTheirDoor(t *testing.T) {
	for _, s := range load(t) {
		if s.test || s.room == "arch" {
			continue
		}
		for _, imp := range imports(s.file) {
			for foreign, where := range doors {
				if (imp == foreign || strings.HasPrefix(imp, foreign+"/")) && !slices.Contains(strings.Fields(where), s.room) && !(s.room == "cmd" && where == "app") {
					t.Errorf("%s imports %s, which may be used only in: %s", s.path, imp, where)
				}
			}
		}
	}
}

func imports(f *ast.File) []string {
	var all []string
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			all = append(all, path)
		}
	}
	return all
}

func TestFilesAndFunctionsStayReadable(t *testing.T) {
	for _, s := range load(t) {
		limit := maxFile
		if s.test {
			limit = maxTestFile
		}
		if n := s.set.Position(s.file.End()).Line; n > limit && exceptions[s.path] == "" {
			t.Errorf("%s has %d lines, at most %d", s.path, n, limit)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if s.test {
				return true
			}
			for _, complaint := range tooBig(s.set, n) {
				if key := s.path + " " + complaint; exceptions[key] == "" {
					t.Errorf("%s: %s", s.path, complaint)
				}
			}
			return true
		})
	}
}

func tooBig(set *token.FileSet, n ast.Node) (complaints []string) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if lines := set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1; lines > maxFunction {
			complaints = append(complaints, fmt.Sprintf("%s has %d lines, at most %d", n.Name.Name, lines, maxFunction))
		}
		if count := n.Type.Params.NumFields(); count > maxParams {
			complaints = append(complaints, fmt.Sprintf("%s takes %d parameters, at most %d", n.Name.Name, count, maxParams))
		}
		if n.Recv == nil && n.Name.Name == "init" {
			complaints = append(complaints, "func init hides start-up; app builds everything")
		}
	case *ast.TypeSpec:
		if i, ok := n.Type.(*ast.InterfaceType); ok && i.Methods.NumFields() > maxInterface {
			complaints = append(complaints, fmt.Sprintf("interface %s has %d methods, at most %d", n.Name.Name, i.Methods.NumFields(), maxInterface))
		}
	}
	return complaints
}

func TestTimeComesFromTheClock(t *testing.T) {
	for _, s := range load(t) {
		if s.test || s.room == "clock" || s.room == "arch" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := call.X.(*ast.Ident); ok && x.Name == "time" && (call.Sel.Name == "Now" || call.Sel.Name == "Since") && exceptions[s.path+" time"] == "" {
					t.Errorf("%s calls time.%s: take a clock.Clock", s.path, call.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said, seen := map[string]bool{}, map[string]bool{}
	for _, s := range load(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		dir := filepath.Dir(s.path)
		seen[dir] = true
		said[dir] = said[dir] || s.file.Doc != nil
	}
	for dir := range seen {
		if !said[dir] {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

func TestArchitecturePageSaysTheSame(t *testing.T) {
	const begin, end = "<!-- table: generated by go test ./internal/arch -update -->\n", "<!-- end of table -->"
	path := filepath.Join("..", "..", "docs", "architecture.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(raw), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s: the markers of the table are missing", path)
	}
	want := before + begin + table() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(raw) {
		t.Errorf("%s differs from the table: go test ./internal/arch -update", path)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| room | purpose | pure | may import |\n|---|---|---|---|\n")
	for _, r := range house {
		pure := ""
		if r.pure {
			pure = "yes"
		}
		may := r.imports
		switch may {
		case "*":
			may = "all above"
		case "":
			may = "-"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.name, r.purpose, pure, may)
	}
	return b.String()
}
