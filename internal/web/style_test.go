package web_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// computed are classes that pages put together of a letter and a number, h0 to h6, and those
// that htmx sets while it works.
var computed = regexp.MustCompile(`^(h[0-6]|htmx-request)$`)

func TestNoStyleIsUnused(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	word := regexp.MustCompile(`[a-zA-Z][\w-]*`)
	for _, root := range []string{"template", "asset", "."} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "vendor" || root == "." && path != "."):
				return filepath.SkipDir
			case !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".js") && !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			text, err := os.ReadFile(path)
			for _, name := range word.FindAllString(string(text), -1) {
				used[name] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sheet, err := os.ReadFile("asset/console.css")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(sheet), "")
	rules = regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllString(rules, "{}") // what a rule sets holds no classes
	found := 0
	for _, class := range regexp.MustCompile(`\.([a-zA-Z][\w-]*)`).FindAllStringSubmatch(rules, -1) {
		if found++; !used[class[1]] && !computed.MatchString(class[1]) {
			t.Errorf("console.css styles .%s, which no page has", class[1])
		}
	}
	const fewest = 100 // classes that a sheet has which is read as it should be
	if found < fewest {
		t.Errorf("only %d classes were found in console.css", found)
	}
}
