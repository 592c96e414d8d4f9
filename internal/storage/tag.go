package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/connector/tag"
)

var _ tag.Book = (*DB)(nil)

var (
	tagGroupTable = table{name: "tag_group", key: []string{"corp", "id"}, known: replace, columns: []column{{"corp", text}, {"id", text},
		{"name", text}, {"place", bigint}, {"strategy", bigint}, {"rule", text}, {"ours", boolean}, {"gone", bigint}}}
	tagTable = table{name: "tag", key: []string{"corp", "id"}, known: replace, columns: []column{{"corp", text}, {"id", text},
		{"group_id", text}, {"name", text}, {"place", bigint}, {"audience", bigint}, {"gone", bigint}}}
	tagCountTable = table{name: "tag_count", key: []string{"corp", "id"}, known: replace, columns: []column{{"corp", text}, {"id", text},
		{"carriers", bigint}, {"counted", bigint}}}
	tagConflictTable = table{name: "tag_conflict", key: []string{"corp", "id", "kind"}, known: replace, columns: []column{{"corp", text}, {"id", text},
		{"kind", text}, {"was", text}, {"becomes", text}, {"at", bigint}}}
)

// TagGroups implements tag.Book.
func (db *DB) TagGroups(ctx context.Context) ([]tag.Group, error) {
	groups, place := []tag.Group{}, map[tag.Key]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var g tag.Group
		err := scan(&g.Corp, &g.ID, &g.Name, &g.Order, &g.Strategy, &g.Rule, &g.Ours, moment{&g.Gone})
		place[g.Key] = len(groups)
		groups = append(groups, g)
		return err
	}, "SELECT "+tagGroupTable.list()+" FROM tag_group")
	if err != nil {
		return nil, fmt.Errorf("read groups of tags: %w", err)
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var t tag.Tag
		var group string
		err := scan(&t.Corp, &t.ID, &group, &t.Name, &t.Order, &t.Audience, moment{&t.Gone}, &t.Carriers, moment{&t.Counted})
		if i, known := place[tag.Key{Corp: t.Corp, ID: group}]; known {
			groups[i].Tags = append(groups[i].Tags, t)
		}
		return err
	}, `SELECT t.corp, t.id, t.group_id, t.name, t.place, t.audience, t.gone, coalesce(c.carriers, 0), coalesce(c.counted, 0)
		FROM tag t LEFT JOIN tag_count c ON c.corp = t.corp AND c.id = t.id`)
	if err != nil {
		return nil, fmt.Errorf("read tags: %w", err)
	}
	slices.SortFunc(groups, func(a, b tag.Group) int {
		return cmp.Or(cmp.Compare(b.Order, a.Order), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	for _, g := range groups {
		slices.SortFunc(g.Tags, func(a, b tag.Tag) int {
			return cmp.Or(cmp.Compare(b.Order, a.Order), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
		})
	}
	return groups, nil
}

// KeepTagGroups implements tag.Book.
func (db *DB) KeepTagGroups(ctx context.Context, groups []tag.Group, found []tag.Conflict) error {
	var groupRows, tagRows, conflictRows [][]any
	for _, g := range groups {
		groupRows = append(groupRows, []any{string(g.Corp), g.ID, g.Name, g.Order, g.Strategy, g.Rule, g.Ours, at(g.Gone)})
		for _, t := range g.Tags {
			tagRows = append(tagRows, []any{string(t.Corp), t.ID, g.ID, t.Name, t.Order, t.Audience, at(t.Gone)})
		}
	}
	for _, c := range found {
		conflictRows = append(conflictRows, []any{string(c.Of.Corp), c.Of.ID, string(c.Kind), c.Was, c.Is, at(c.At)})
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		for _, part := range []struct {
			table table
			rows  [][]any
		}{{tagGroupTable, groupRows}, {tagTable, tagRows}, {tagConflictTable, conflictRows}} {
			if _, err := tx.put(ctx, part.table, part.rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store %d groups of tags: %w", len(groups), err)
	}
	return nil
}

// TagConflicts implements tag.Book.
func (db *DB) TagConflicts(ctx context.Context) ([]tag.Conflict, error) {
	var list []tag.Conflict
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c tag.Conflict
		err := scan(&c.Of.Corp, &c.Of.ID, &c.Kind, &c.Was, &c.Is, moment{&c.At})
		list = append(list, c)
		return err
	}, "SELECT "+tagConflictTable.list()+" FROM tag_conflict ORDER BY at DESC, corp, id, kind")
	if err != nil {
		return nil, fmt.Errorf("read conflicts of tags: %w", err)
	}
	return list, nil
}

// SettleTagConflict implements tag.Book.
func (db *DB) SettleTagConflict(ctx context.Context, c tag.Conflict) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "DELETE FROM tag_conflict WHERE corp = $1 AND id = $2 AND kind = $3", string(c.Of.Corp), c.Of.ID, string(c.Kind))
		return err
	})
	if err != nil {
		return fmt.Errorf("settle a conflict of tags: %w", err)
	}
	return nil
}

// KeepTagCarriers implements tag.Book.
func (db *DB) KeepTagCarriers(ctx context.Context, carriers map[tag.Key]int64, counted time.Time) error {
	rows := make([][]any, 0, len(carriers))
	for k, n := range carriers {
		rows = append(rows, []any{string(k.Corp), k.ID, n, at(counted)})
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		if _, err := tx.exec(ctx, "DELETE FROM tag_count"); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "INSERT INTO tag_count (corp, id, carriers, counted) SELECT corp, id, 0, $1 FROM tag", at(counted))
		if err != nil {
			return err
		}
		_, err = tx.put(ctx, tagCountTable, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("store who carries %d tags: %w", len(carriers), err)
	}
	return nil
}

// TagsInWork implements tag.Book.
func (db *DB) TagsInWork(ctx context.Context) ([]tag.Key, error) {
	var list []tag.Key
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var k tag.Key
		err := scan(&k.Corp, &k.ID)
		list = append(list, k)
		return err
	}, "SELECT DISTINCT corp, tag_id FROM tag_work WHERE state IN ('preparing', 'open')")
	if err != nil {
		return nil, fmt.Errorf("read tags in work: %w", err)
	}
	return list, nil
}
