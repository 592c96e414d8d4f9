package web_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
)

// call is a sentence as a template or the program asks for it.
type call struct {
	where, key string
	family     bool // key is what keys begin with
	fills      []string
}

// keys returns the sentences that the call may say.
func (c call) keys() (keys []string) {
	if !c.family {
		return []string{c.key}
	}
	for _, value := range families()[strings.TrimSuffix(c.key, ".")] {
		keys = append(keys, c.key+value)
	}
	return keys
}

func TestEveryPlaceholderOfASentenceIsFilledWhereverItIsSaid(t *testing.T) {
	t.Parallel()
	said := map[string]any{}
	for _, language := range []string{"zh-CN", "en"} {
		for key, text := range keysOf(language) {
			said[key] = fmt.Sprint(said[key], text)
		}
	}
	calls := append(callsOfTemplates(t), callsOfSources(t)...)
	placeholder := regexp.MustCompile(`\{\{\.(\w+)\}\}`)
	looked := 0
	for _, c := range calls {
		for _, key := range c.keys() {
			text, known := said[key]
			if !known {
				continue // another test looks for keys without a sentence
			}
			looked++
			for _, found := range placeholder.FindAllStringSubmatch(fmt.Sprint(text), -1) {
				if !slices.Contains(c.fills, found[1]) {
					t.Errorf("%s says %q without its %s", c.where, key, found[1])
				}
			}
		}
	}
	if looked < 1000 {
		t.Errorf("only %d sentences are said", looked)
	}
}

func callsOfTemplates(t *testing.T) (calls []call) {
	err := filepath.WalkDir("template", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree := parse.New(path)
		tree.Mode = parse.SkipFuncCheck
		trees := map[string]*parse.Tree{}
		if _, err := tree.Parse(string(text), "", "", trees); err != nil {
			return err
		}
		for _, defined := range trees {
			if defined.Root != nil {
				calls = append(calls, callsIn(path, defined.Root)...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

func callsIn(path string, node parse.Node) (calls []call) {
	within := func(nodes ...parse.Node) {
		for _, n := range nodes {
			calls = append(calls, callsIn(path, n)...)
		}
	}
	branch := func(b *parse.BranchNode) {
		within(b.Pipe, b.List)
		if b.ElseList != nil {
			within(b.ElseList)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		within(n.Nodes...)
	case *parse.ActionNode:
		within(n.Pipe)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			within(n.Pipe)
		}
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			within(command)
		}
	case *parse.CommandNode:
		within(n.Args...)
		if c, ok := callOf(n); ok {
			c.where = path
			calls = append(calls, c)
		}
	}
	return calls
}

// callOf returns what a command says: {{t "key" "Name" value}}, {{t (print "family." value)}}
// or {{word "family" value}}.
func callOf(n *parse.CommandNode) (c call, ok bool) {
	function, is := n.Args[0].(*parse.IdentifierNode)
	if !is || len(n.Args) < 2 || function.Ident != "t" && function.Ident != "word" {
		return c, false
	}
	for i := 2; i < len(n.Args) && function.Ident == "t"; i += 2 {
		if name, is := n.Args[i].(*parse.StringNode); is {
			c.fills = append(c.fills, name.Text)
		}
	}
	switch key := n.Args[1].(type) {
	case *parse.StringNode:
		c.key = key.Text
		if c.family = function.Ident == "word"; c.family {
			c.key += "."
		}
		return c, true
	case *parse.PipeNode:
		made := key.Cmds[0].Args
		if prefix, is := made[min(1, len(made)-1)].(*parse.StringNode); is && len(made) == 3 {
			c.key, c.family = prefix.Text, true
			return c, true
		}
	}
	return c, false
}

func callsOfSources(t *testing.T) (calls []call) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			made, is := n.(*ast.CallExpr)
			if !is || made.Ellipsis != token.NoPos || len(made.Args) == 0 {
				return true
			}
			if f, is := made.Fun.(*ast.SelectorExpr); !is || f.Sel.Name != "text" && f.Sel.Name != "word" {
				return true
			} else if key, is := literal(made.Args[0]); is {
				c := call{where: path, key: key}
				if c.family = f.Sel.Name == "word"; c.family {
					c.key += "."
				}
				for i := 1; i < len(made.Args) && !c.family; i += 2 {
					if name, is := literal(made.Args[i]); is {
						c.fills = append(c.fills, name)
					}
				}
				calls = append(calls, c)
			}
			return true
		})
	}
	return calls
}

func literal(e ast.Expr) (text string, ok bool) {
	l, is := e.(*ast.BasicLit)
	if !is || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
