package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	var line commands
	parser, err := kong.New(&line, kong.Name("siyu"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		command := strings.Fields(strings.TrimPrefix(leaf.Path(), "siyu "))
		code, stdout, stderr := said(t, append(plain(command), "--help")...)
		if code != 0 || stderr != "" || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "Example: siyu "+strings.Join(plain(command), " ")) {
			t.Errorf("siyu %s --help exits %d, complains %q, without an example:\n%s", strings.Join(command, " "), code, stderr, stdout)
		}
	}
}

// document reads the one JSON document that an answer consists of.
func document(t *testing.T, stdout string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(stdout))
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("the answer is no JSON document: %v\n%s", err, stdout)
	}
	if _, err := decoder.Token(); err != io.EOF {
		t.Errorf("something follows the document:\n%s", stdout)
	}
}

const shopExport = "id,订单号,订单创建时间,买家付款时间,订单实付金额,订单状态,归属店铺,买家手机号\n" +
	"1,E1001,2026-11-01 10:00:00,2026-11-01 10:00:05,36.50,交易完成,西湖店,13800000001\n" +
	"2,E1002,2026-11-02 10:00:00,2026-11-02 10:00:05,abc,交易完成,西湖店,13800000002\n"

const memberList = "手机号,姓名,生日,城市,推荐人手机号\n" +
	"13800000001,安,1990-05-20,杭州,13800000009\n" +
	"13800000003,本,oops,,\n"

// TestCommandsAnswerOneDocumentWithTheContractsFields runs every command that
// speaks of an installation twice: with the data for itself, and beside a
// server that runs on them.
func TestCommandsAnswerOneDocumentWithTheContractsFields(t *testing.T) {
	for name, serving := range map[string]bool{"alone": false, "beside a server": true} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			if serving {
				serve(t, data)
			}
			orders, members, library := fileWith(t, "orders.csv", shopExport), fileWith(t, "members.csv", memberList), filepath.Join(t.TempDir(), "library.json")
			for _, c := range []struct {
				args   string
				code   int
				fields string
			}{
				{"db migrate", 0, "ok database"},
				{"db check", 0, "ok database problems"},
				{"import orders " + orders + " --dry-run", 0, "rows orders customers_matched customers_new duplicates rejected"},
				{"import orders " + orders, 0, "rows orders customers_matched customers_new duplicates rejected"},
				{"import orders " + orders, 0, "rows orders customers_matched customers_new duplicates rejected"},
				{"import customers " + members + " --dry-run", 0, "rows customers_matched customers_new duplicates rejected"},
				{"import customers " + members, 0, "rows customers_matched customers_new duplicates rejected"},
				{"import customers " + members, 0, "rows customers_matched customers_new duplicates rejected"},
				{"replay --verify", 0, "facts customers differences"},
				{"replay", 0, "facts customers differences"},
				{"user list", 0, "users"},
				{"user add lin", 0, "link"},
				{"user reset lin", 0, "link"},
				{"user list", 0, "users"},
				{"key list", 0, "keys"},
				{"key add erp", 0, "key"},
				{"key list", 0, "keys"},
				{"key revoke erp", 0, "ok"},
				{"settings get library", 0, "materials"},
				{"settings set library " + library, 0, "ok name"},
				{"audience save 有单 --rule orders>=1 --watch", 0, "audience"},
				{"audience list", 0, "audiences"},
				{"audience show 1", 0, "audiences days"},
				{"audience count orders>=1", 0, "count among sentence"},
				{"replay --verify", 0, "facts customers differences"},
				{"db check", 0, "ok database problems"},
				{"export audience 1 --out " + filepath.Join(data, "audience.csv"), 0, "rows"},
				{"audience archive 1", 0, "audience"},
				{"doctor", 1, "checks"}, // WeCom is not connected
			} {
				code, stdout, stderr := said(t, append(strings.Fields(c.args), "--data", data, "--json")...)
				if code != c.code {
					t.Fatalf("siyu %s exits %d, want %d: %s", c.args, code, c.code, stderr)
				}
				var fields map[string]json.RawMessage
				document(t, stdout, &fields)
				for _, want := range strings.Fields(c.fields) {
					if v := string(fields[want]); v == "" || v == "null" {
						t.Errorf("siyu %s: field %s is %q in %s", c.args, want, v, stdout)
					}
				}
				if c.args == "settings get library" {
					if err := os.WriteFile(library, []byte(stdout), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// serve runs siyu serve until the test ends.
func serve(t *testing.T, data string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, answer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", data, "--addr", "127.0.0.1:0", "--json"}, answer, io.Discard)
		_ = answer.Close() // a pipe's end closes without error
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("siyu serve exits %d when it is stopped", code)
		}
	})
	var first serveAnswer
	if err := json.NewDecoder(out).Decode(&first); err != nil {
		t.Fatal(err)
	}
	if first.Addr == "" || !strings.Contains(first.Setup, "/setup?token=") {
		t.Fatalf("the server answers %+v", first)
	}
}

func TestASecondServerIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	serve(t, data)
	code, stdout, stderr := said(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	if code != 1 || stdout != "" || !strings.Contains(stderr, "another process is using it") {
		t.Errorf("a second server exits %d: %s%s", code, stdout, stderr)
	}
}

func TestRejectedLinesNameTheirPlace(t *testing.T) {
	code, stdout, stderr := said(t, "import", "orders", fileWith(t, "orders.csv", shopExport), "--data", filepath.Join(t.TempDir(), "data"), "--json")
	if code != 0 {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	var result struct {
		Orders   int
		Rejected []struct {
			Line                  int
			Column, Value, Reason string
		}
	}
	document(t, stdout, &result)
	if result.Orders != 1 || len(result.Rejected) != 1 {
		t.Fatalf("got %+v", result)
	}
	if r := result.Rejected[0]; r.Line != 3 || r.Column != "订单实付金额" || r.Value != "abc" || r.Reason == "" {
		t.Errorf("rejected %+v", r)
	}
}

func TestACommandThatWasStoppedHasNotSucceeded(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, complaints strings.Builder
	args := []string{"import", "orders", fileWith(t, "orders.csv", shopExport), "--data", filepath.Join(t.TempDir(), "data"), "--json"}
	if code := run(ctx, args, &out, &complaints); code != 1 || out.String() != "" || complaints.String() == "" {
		t.Errorf("exits %d: %s%s", code, out.String(), complaints.String())
	}
}

func TestWrongUseIsSaidAndLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	nowhere := filepath.Join(folder, "nowhere")
	noPair, unknown := fileWith(t, "a.conf", "addr 127.0.0.1"), fileWith(t, "b.conf", "# ours\nadr = x")
	text, empty := fileWith(t, "words.csv", "nothing of the kind"), fileWith(t, "empty.csv", "")
	slip := fileWith(t, "library.json", `{"materiels": []}`)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", 2, "expected one of"},
		{"nonsense", 2, "unexpected argument nonsense"},
		{"db check --wrong", 2, "unknown flag --wrong"},
		{"db check --data " + nowhere, 2, "no installation in " + nowhere},
		{"replay --verify --data " + nowhere, 2, "no installation in " + nowhere},
		{"user list --data " + nowhere, 2, "no installation in " + nowhere},
		{"serve --config " + noPair, 2, `line 1: "addr 127.0.0.1" is not key = value`},
		{"serve --config " + unknown, 2, `line 2: unknown key "adr"`},
		{"serve --config " + nowhere, 2, "no such file"},
		{"import orders " + nowhere, 2, "no such file"},
		{"import orders " + text + " --data " + folder + "/one", 2, "order_no"},
		{"import orders " + empty + " --data " + folder + "/one", 2, "the file is empty"},
		{"import orders " + text + " --format mine --data " + folder + "/one", 2, `no format "mine"`},
		{"settings set library " + slip + " --data " + folder + "/one", 2, "materiels"},
		{"settings set library " + text + " --data " + folder + "/one", 2, "not a JSON document"},
		{"user add lin --role king --data " + folder + "/one", 2, "--role"},
		{"user reset nobody --data " + folder + "/one", 1, "no such account"},
		{"key add erp --role owner --data " + folder + "/one", 2, "--role"},
		{"key add erp --role store --data " + folder + "/one", 2, "needs a store"},
		{"key revoke erp --data " + folder + "/one", 1, "no such key"},
		{"db migrate --db mysql://x", 2, "got another scheme"},
		{"db migrate --db postgres://siyu:planted@127.0.0.1:1/x", 1, "connect"},
		{"demo --days -1", 2, "--days"},
		{"demo --data " + filepath.Dir(text), 2, "not empty"},
		{"simulate wecom --aes-key short", 2, "AES"},
	} {
		code, stdout, stderr := said(t, strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("siyu %s exits %d with %q, want %d with %q%s", c.args, code, stderr, c.code, c.says, stdout)
		}
		if strings.Contains(stderr, "planted") {
			t.Errorf("siyu %s shows the password: %s", c.args, stderr)
		}
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a command on a folder that was not there made it")
	}
}
