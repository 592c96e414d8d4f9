package orders

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

func put(t *testing.T, folder, name, content string, changed time.Time) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
}

func scanned(t *testing.T, f *Folder) []Report {
	t.Helper()
	reports, err := f.Scan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

func TestAFolderImportsFilesThatAreWholeAndPutsThemAway(t *testing.T) {
	m, now := newMemory(), clock.NewVirtual(today)
	im := importer(m)
	im.Clock = now
	f := &Folder{Path: t.TempDir(), Importer: im}
	put(t, f.Path, "good.csv", head+line("1", "已付款", "10.00", "", "13900010001", "A")+"\n"+line("2", "已付款", "x", "", "", "A")+"\n", today)
	put(t, f.Path, "bad.csv", "姓名,城市\n", today.Add(-time.Hour))
	put(t, f.Path, "~$good.xlsx", "lock", today.Add(-time.Hour))
	put(t, f.Path, ".hidden.csv", "x", today.Add(-time.Hour))
	put(t, f.Path, "notes.docx", "x", today.Add(-time.Hour))
	if err := os.Symlink("/etc/hostname", filepath.Join(f.Path, "link.csv")); err != nil {
		t.Fatal(err)
	}
	if got := scanned(t, f); len(got) != 0 {
		t.Fatalf("files seen for the first time are taken: %+v", got)
	}
	got := scanned(t, f)
	if len(got) != 1 || !strings.Contains(got[0].File, "/failed/") || !strings.Contains(got[0].Error, "order_no") {
		t.Fatalf("second scan: %+v", got)
	}
	now.Set(today.Add(Settled))
	got = scanned(t, f)
	if len(got) != 1 || !strings.Contains(got[0].File, "/done/") || got[0].Result.Orders != 1 || got[0].Result.RejectedTotal != 1 {
		t.Fatalf("third scan: %+v", got)
	}
	var report Report
	text, err := os.ReadFile(got[0].File + ".report.json")
	if err != nil || json.Unmarshal(text, &report) != nil || report.Result.Orders != 1 || report.Result.RejectFile != got[0].File+".rejected.csv" {
		t.Errorf("report %s, %v", text, err)
	}
	if _, err := os.Stat(report.Result.RejectFile); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(f.Path)
	if err != nil || len(left) != 6 { // two folders and the four that are left alone
		t.Errorf("%d entries are left, %v", len(left), err)
	}
}

func TestAFileThatStillGrowsIsLeft(t *testing.T) {
	f := &Folder{Path: t.TempDir(), Importer: importer(newMemory())}
	for i := range 3 {
		put(t, f.Path, "growing.csv", head+strings.Repeat("x", i), today.Add(-time.Hour))
		if got := scanned(t, f); len(got) != 0 {
			t.Fatalf("taken while growing: %+v", got)
		}
	}
}

func TestAFileIsNotPutAwayWhileTheDatabaseIsAway(t *testing.T) {
	m := newMemory()
	f := &Folder{Path: t.TempDir(), Importer: importer(m)}
	put(t, f.Path, "good.csv", head+line("1", "已付款", "10.00", "", "", "A")+"\n", today.Add(-time.Hour))
	scanned(t, f)
	m.dieAt = 1
	if _, err := f.Scan(t.Context()); !errors.Is(err, errKilled) {
		t.Fatalf("error %v, want that of the database", err)
	}
	if got := scanned(t, f); len(got) != 1 || got[0].Result.Orders != 1 {
		t.Errorf("after the database is back: %+v", got)
	}
}

func TestAFeedFetchesOnlyWhatChanged(t *testing.T) {
	content := head + line("1", "已付款", "10.00", "", "", "A") + "\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		if _, err := w.Write([]byte(content)); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	feed := Feed{URL: server.URL + "/export.csv?key=secret", Folder: t.TempDir(), Allowed: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	name, last, err := feed.Fetch(t.Context(), Validators{}, today)
	if err != nil || name != "20260401T000000Z-export.csv" || last.ETag != `"v1"` {
		t.Fatalf("%q, %+v, %v", name, last, err)
	}
	if got, err := os.ReadFile(filepath.Join(feed.Folder, name)); err != nil || string(got) != content {
		t.Errorf("stored %q, %v", got, err)
	}
	if name, _, err := feed.Fetch(t.Context(), last, today); err != nil || name != "" {
		t.Errorf("unchanged: %q, %v", name, err)
	}
}

func TestAFeedCannotBeLedInside(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	}))
	defer inside.Close()
	for _, address := range []string{
		inside.URL, "http://localhost" + inside.URL[strings.LastIndex(inside.URL, ":"):], "http://[::1]:1/x", "http://[::ffff:127.0.0.1]:1/",
		"http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest", "http://100.64.0.1/", "http://0.0.0.0:1/", "http://[fd00::1]/",
		"file:///etc/passwd", "ftp://example.com/x",
	} {
		feed := Feed{URL: address, Folder: t.TempDir(), TimeOut: 5 * time.Second}
		if _, _, err := feed.Fetch(t.Context(), Validators{}, today); fault.CodeOf(err) != fault.Denied {
			t.Errorf("%s: error %v, want a denial", address, err)
		}
	}
}

func TestAFeedFollowsNoRedirectionInside(t *testing.T) {
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:9/secret", http.StatusFound)
	}))
	defer redirecting.Close()
	feed := Feed{URL: redirecting.URL + "/?key=topsecret", Folder: t.TempDir(), Allowed: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	_, _, err := feed.Fetch(t.Context(), Validators{}, today)
	if fault.CodeOf(err) != fault.Denied || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("error %v, want a denial without the address", err)
	}
}

func TestAFeedRefusesFilesThatAreTooLargeOrNotThere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/none" {
			http.NotFound(w, r)
			return
		}
		if _, err := w.Write(make([]byte, 2000)); err != nil {
			t.Log(err)
		}
	}))
	defer server.Close()
	feed := Feed{URL: server.URL + "/large", Folder: t.TempDir(), Allowed: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Bytes: 1000}
	if _, _, err := feed.Fetch(t.Context(), Validators{}, today); fault.CodeOf(err) != fault.Upstream {
		t.Errorf("large: error %v", err)
	}
	feed.URL = server.URL + "/none"
	if _, _, err := feed.Fetch(t.Context(), Validators{}, today); fault.CodeOf(err) != fault.Upstream || !strings.Contains(err.Error(), "404") {
		t.Errorf("not there: error %v", err)
	}
	if left, err := os.ReadDir(feed.Folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
