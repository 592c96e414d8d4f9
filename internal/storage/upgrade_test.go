package storage_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"siyu/internal/account"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/sqlite"
	"siyu/internal/vault"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// firstFacts are stored by the first migration's tables.
func firstFacts(t testing.TB, n int) []event.Fact {
	t.Helper()
	facts := make([]event.Fact, n)
	for i := range facts {
		f, err := event.New(event.Customer(id.Customer(i+1)), noon, event.FromBackfill, id.Hash(fmt.Sprint(i)), event.CustomerSeen{Corp: "ww1"})
		ok(t, err)
		facts[i] = f
	}
	return facts
}

func TestAFilledDatabaseOfAnOldVersionIsUpgraded(t *testing.T) {
	for dialect, fresh := range map[string]func(testing.TB) string{
		"SQLite":     func(t testing.TB) string { return filepath.Join(t.TempDir(), "siyu.db") },
		"PostgreSQL": postgres,
	} {
		t.Run(dialect, func(t *testing.T) {
			newest, err := open(t, fresh(t)).Migration(t.Context())
			ok(t, err)
			for _, version := range slices.Compact([]int64{1, beforeTurner, versionBefore(t, newest)}) {
				upgradeFrom(t, fresh(t), version, newest)
			}
		})
	}
}

// versionBefore returns the version that comes before another: numbers have gaps.
func versionBefore(t *testing.T, version int64) (before int64) {
	t.Helper()
	files, err := sqlite.Migrations()
	ok(t, err)
	names, err := fs.Glob(files, "*.sql")
	ok(t, err)
	for _, name := range names {
		n, err := strconv.ParseInt(name[:4], 10, 64)
		ok(t, err)
		if n < version {
			before = max(before, n)
		}
	}
	return before
}

// beforeTurner is the last version without a cursor of turns.
const beforeTurner = 15

// insertFacts stores facts as every version of the tables has them.
func insertFacts(t *testing.T, url string, facts []event.Fact) {
	t.Helper()
	db := rawDatabase(t, url)
	for i, f := range facts {
		_, err := db.ExecContext(t.Context(), "INSERT INTO fact (seq, kind, version, subject_id, subject_type, at, received, source, key, body)"+
			" VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)", i+1, string(f.Kind), f.Version, f.Subject.ID, string(f.Subject.Type),
			f.At.UnixMilli(), string(f.Source), f.Key[:], string(f.Body))
		ok(t, err)
	}
	_, err := db.ExecContext(t.Context(), "UPDATE log_head SET seq = $1", len(facts))
	ok(t, err)
}

// rawDatabase opens a database without looking at its version.
func rawDatabase(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(url, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, url)
	ok(t, err)
	t.Cleanup(func() { ok(t, db.Close()) })
	return db
}

func upgradeFrom(t *testing.T, url string, version, newest int64) {
	t.Helper()
	ctx := t.Context()
	old, err := storage.Open(ctx, storage.Config{URL: url, UntilMigration: version})
	ok(t, err)
	insertFacts(t, url, firstFacts(t, 20))
	if version >= 2 {
		_, err = old.PutLetters(ctx, []vault.Letter{randomLetter()})
		ok(t, err)
	}
	if version >= 3 {
		ok(t, old.CommitFold(ctx, flow.Fold{Customers: []profile.Customer{{ID: 1, FirstSeen: event.At(noon)}}, Reader: "fold", Cursor: 20}))
	}
	if v, err := old.Migration(ctx); err != nil || v > version { // numbers have gaps
		t.Fatalf("the old database has version %d, %v", v, err)
	}
	ok(t, old.Close())

	db := open(t, url)
	if v, err := db.Migration(ctx); err != nil || v != newest {
		t.Fatalf("from version %d the database came to %d, %v", version, v, err)
	}
	if at, err := db.Cursor(ctx, flow.Turner); version == beforeTurner && (err != nil || at != 20) {
		t.Errorf("from version %d: turns begin at %d, %v", version, at, err)
	}
	facts, err := db.FactsAfter(ctx, 0, 100)
	ok(t, err)
	if len(facts) != 20 {
		t.Errorf("from version %d: %d of 20 facts are left", version, len(facts))
	}
	if problems, err := db.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("from version %d: check: %v, %v", version, problems, err)
	}
}

// beforeFiles is the last version whose posts carry no files.
const beforeFiles = 39

func TestPostsOfAnOldVersionAreKept(t *testing.T) {
	for dialect, fresh := range map[string]func(testing.TB) string{
		"SQLite":     func(t testing.TB) string { return filepath.Join(t.TempDir(), "siyu.db") },
		"PostgreSQL": postgres,
	} {
		t.Run(dialect, func(t *testing.T) {
			ctx, url := t.Context(), fresh(t)
			old, err := storage.Open(ctx, storage.Config{URL: url, UntilMigration: beforeFiles})
			ok(t, err)
			ok(t, old.Close())
			raw, none := rawDatabase(t, url), []byte{0xf6} // nothing, in CBOR
			_, err = raw.ExecContext(ctx, "INSERT INTO post VALUES (7, 'group_post', 'ww1', 'serve', 'words', 'title', 'link', $1, 'lead', 1000, 2000, 3000)", none)
			ok(t, err)
			_, err = raw.ExecContext(ctx, `INSERT INTO post_send VALUES (70, 7, 'group_post', 'ww1', 4, 5, 0, 'link', 'marker', 2000, 3000, 'accepted', 'lead', 0, 1, 'node', 2, 2100,
				2200, $2, 'job', 'message', 'because', 'decider', 69, 'person', 'open', 2300, 2400, $1, 11, 12, 13, 14, 15, 16, 17, 18)`, none, make([]byte, 32))
			ok(t, err)
			_, err = raw.ExecContext(ctx, "INSERT INTO media_id (corp, code, name, expires) VALUES ('ww1', 1, 'media', 9000)")
			ok(t, err)

			db := open(t, url)
			posts, err := db.Posts(ctx, []int64{7})
			ok(t, err)
			sends, err := db.PostSends(ctx, delivery.PostQuery{Scope: org.All()})
			ok(t, err)
			if len(posts) != 1 || len(sends) != 1 {
				t.Fatalf("%d posts and %d sends are left", len(posts), len(sends))
			}
			if p := posts[0]; p.Text != "words" || p.Files != "" || p.Until.UnixMilli() != 3000 {
				t.Errorf("the post is %+v", p)
			}
			tally := delivery.Tally{Targets: 11, Reached: 12, Failed: 13, Withdrawn: 14, Audience: 15, Seen: 16, Likes: 17, Comments: 18}
			if s := sends[0]; s.Marker != "marker" || s.MsgID != "message" || s.CancelFor != delivery.ByPerson || s.Task != delivery.Open || s.Fence != 2 || s.Tally != tally {
				t.Errorf("its send is %+v", s)
			}
		})
	}
}

func TestEverythingIsCopiedFromSQLiteToPostgreSQLAndCompared(t *testing.T) {
	ctx := t.Context()
	from, to := open(t, filepath.Join(t.TempDir(), "siyu.db")), open(t, postgres(t))
	_, err := from.AppendFacts(ctx, firstFacts(t, 2500))
	ok(t, err)
	letter := randomLetter()
	_, err = from.PutLetters(ctx, []vault.Letter{letter})
	ok(t, err)
	ok(t, from.SaveInsights(ctx, []flow.InsightRow{understood(1), understood(-2)}))
	ok(t, from.ChangeAccounts(ctx, func(b account.Book) error {
		return b.PutAccount(ctx, account.Account{Name: "林", Role: account.Owner, Active: true})
	}))
	rows := map[string]int64{}
	ok(t, storage.Copy(ctx, from, to, func(c storage.Copied) { rows[c.Table] = c.Rows }))
	if rows["fact"] != 2500 || rows["letter_pending"] != 1 || rows["insight"] != 2 || rows["log_head"] != 1 {
		t.Errorf("copied %v", rows)
	}
	facts, err := to.FactsAfter(ctx, 2499, 10)
	ok(t, err)
	if len(facts) != 1 {
		t.Errorf("the last fact did not arrive")
	}
	if problems, err := to.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("check: %v, %v", problems, err)
	}
	added, err := to.AppendFacts(ctx, firstFacts(t, 2501))
	if err != nil || added != 1 {
		t.Errorf("after the move %d facts were new, want 1: %v", added, err)
	}
	if err := storage.Copy(ctx, from, to, func(storage.Copied) {}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("copying into a filled database: %v", err)
	}
}
