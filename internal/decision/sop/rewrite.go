package sop

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Rewrite returns the text of a process that was read from a text and changed
// since: what did not change stays as it is written, comments and all; comments of
// what was taken out go with it. A text that cannot be read is an error of Parse, a
// process that cannot be installed one of Check.
func Rewrite(text []byte, p *Process) ([]byte, error) {
	r := reader{lines: map[string]int{}}
	was := r.root(text)
	if was == nil {
		return nil, r.flaws.asError()
	}
	if err := Check(p); err != nil {
		return nil, err
	}
	var is yaml.Node
	if err := is.Encode(document{FormatVersion, *p}); err != nil {
		return nil, fmt.Errorf("write process %s: %w", p.Name, err)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(rewritten(was, &is)); err != nil {
		return nil, fmt.Errorf("write process %s: %w", p.Name, err)
	}
	return b.Bytes(), nil
}

// rewritten returns the later node in the earlier one's writing.
func rewritten(was, is *yaml.Node) *yaml.Node {
	n := *was
	switch {
	case was.Kind != is.Kind:
		n = *is
		n.HeadComment, n.LineComment, n.FootComment = was.HeadComment, was.LineComment, was.FootComment
	case is.Kind == yaml.MappingNode:
		n.Content = members(was, is)
	case is.Kind == yaml.SequenceNode:
		n.Content = make([]*yaml.Node, len(is.Content))
		for i, one := range is.Content {
			if n.Content[i] = one; counterpart(was, one, i) != nil {
				n.Content[i] = rewritten(counterpart(was, one, i), one)
			}
		}
	case was.Value != is.Value:
		n.Value, n.Tag = is.Value, is.Tag
		if was.Style == 0 || is.Style&yaml.LiteralStyle != 0 {
			n.Style = is.Style
		}
	}
	return &n
}

// members returns keys and values of a mapping: those that stay in their old order,
// new ones after the one that stands before them in the later mapping.
func members(was, is *yaml.Node) (list []*yaml.Node) {
	for i := 0; i+1 < len(was.Content); i += 2 {
		if now := value(is, was.Content[i].Value); now != nil {
			list = append(list, was.Content[i], rewritten(was.Content[i+1], now))
		}
	}
	after := 0
	for i := 0; i+1 < len(is.Content); i += 2 {
		key := is.Content[i]
		at := slices.IndexFunc(list, func(n *yaml.Node) bool { return n.Value == key.Value && n.Kind == yaml.ScalarNode })
		for at >= 0 && at%2 == 1 { // a value that reads as the key does
			next := slices.IndexFunc(list[at+1:], func(n *yaml.Node) bool { return n.Value == key.Value && n.Kind == yaml.ScalarNode })
			if next < 0 {
				at = -1
				break
			}
			at += 1 + next
		}
		if at < 0 {
			list = slices.Insert(list, after, key, is.Content[i+1])
			at = after
		}
		after = at + 2
	}
	return list
}

// value returns the value of a key of a mapping, nil for none.
func value(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// counterpart returns what stood in a list for one of its later elements: what has
// the same name, or where elements have none stood in the same place.
func counterpart(was, one *yaml.Node, place int) *yaml.Node {
	named := func(n *yaml.Node) string {
		if n.Kind != yaml.MappingNode || value(n, "name") == nil {
			return ""
		}
		return value(n, "name").Value
	}
	if name := named(one); name != "" {
		for _, n := range was.Content {
			if named(n) == name {
				return n
			}
		}
		return nil
	}
	if place < len(was.Content) && named(was.Content[place]) == "" {
		return was.Content[place]
	}
	return nil
}
