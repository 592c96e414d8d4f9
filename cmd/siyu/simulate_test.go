package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xen0n/go-workwx"
)

// workwxEvents are the callbacks that go-workwx verified and read.
type workwxEvents chan *workwx.RxMessage

func (e workwxEvents) OnIncomingMessage(m *workwx.RxMessage) error {
	e <- m
	return nil
}

// TestAnotherLibraryUsesTheCommand lets a client that is not ours do with
// siyu simulate wecom what a product does with WeCom.
func TestAnotherLibraryUsesTheCommand(t *testing.T) {
	const token, aesKey = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	events := make(workwxEvents, 1000)
	door, err := workwx.NewHTTPHandler(token, aesKey, events)
	if err != nil {
		t.Fatal(err)
	}
	callback := httptest.NewServer(door)
	defer callback.Close()
	first := simulate(t, "--customers", "120", "--token", token, "--aes-key", aesKey, "--callback", callback.URL, "--days-per-second", "5")
	if first.Token != token || first.AESKey != aesKey {
		t.Errorf("the first line does not repeat what was given: %+v", first)
	}
	client := workwx.New(first.Corp, workwx.WithQYAPIHost("http://"+first.Addr)).WithApp(first.Secret, first.AgentID)
	staff, err := client.ExternalContactListFollowUser()
	if err != nil || len(staff.FollowUser) == 0 {
		t.Fatalf("members: %v, %v", staff, err)
	}
	reached := 0
	for _, member := range staff.FollowUser {
		customers, err := client.ListExternalContact(member)
		if err != nil || len(customers) == 0 {
			continue // a member without customers is answered with an errcode
		}
		reached++
		if who, err := client.GetExternalContact(customers[0]); err != nil || who.ExternalContact.Name == "" {
			t.Errorf("customer %s: %v", customers[0], err)
		}
		if _, err := client.AddMsgTemplate(workwx.ChatTypeSingle, member, customers[:1], workwx.Text{Content: "new tea"}, nil); err != nil {
			t.Errorf("mass message of %s: %v", member, err)
		}
	}
	if reached == 0 {
		t.Error("nobody has a customer")
	}
	if tags, err := client.ListExternalContactCorpTags(); err != nil || len(tags) == 0 {
		t.Errorf("tags: %v, %v", tags, err)
	}
	if groups, err := client.GetGroupChatList(workwx.ReqChatList{Limit: 10}); err != nil || len(groups.GroupChatList) == 0 {
		t.Errorf("groups: %v, %v", groups, err)
	}
	if way, err := client.ExternalContactAddContact(1, 2, 0, "door", true, "door1", staff.FollowUser[:1], nil, false, 0, 0, "", workwx.Conclusions{}); err != nil || way.ConfigID == "" {
		t.Errorf("contact way: %v, %v", way, err)
	}
	select {
	case m := <-events:
		if m.MsgType != workwx.MessageTypeEvent {
			t.Errorf("got a callback %v", m)
		}
	case <-time.After(30 * time.Second):
		t.Error("days went by without a callback")
	}
}

type firstLine struct {
	Addr, Corp, Secret, Token string
	AgentID                   int64  `json:"agent_id"`
	AESKey                    string `json:"aes_key"`
}

// simulate runs siyu simulate wecom until the test ends.
func simulate(t *testing.T, flags ...string) (first firstLine) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, answer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"simulate", "wecom"}, flags...), answer, io.Discard)
		_ = answer.Close() // a pipe's end closes without error
	}()
	lines := bufio.NewReader(out)
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("siyu simulate wecom exits %d when it is stopped", code)
		}
		if rest, err := io.ReadAll(lines); err != nil || len(bytes.TrimSpace(rest)) > 0 {
			t.Errorf("after the first line it said %q, %v", rest, err)
		}
	})
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(line), &first); err != nil {
		t.Fatalf("the first line is no JSON object: %v", err)
	}
	return first
}

func TestDemoOnceAnswersWithTheContractsFields(t *testing.T) {
	code, stdout, stderr := said(t, "demo", "--once", "--customers", "800", "--days", "2", "--json")
	if code != 0 {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	var got map[string]any
	document(t, stdout, &got)
	for _, field := range strings.Fields("customers relations groups orders facts plan_actions withheld tasks_confirmed seconds") {
		if n, ok := got[field].(float64); !ok || n <= 0 {
			t.Errorf("%s is %v", field, got[field])
		}
	}
	if got["plan_actions"].(float64)+got["withheld"].(float64) != got["customers"] {
		t.Errorf("%v planned and %v withheld are not the %v customers", got["plan_actions"], got["withheld"], got["customers"])
	}
	if got["differences"] != 0.0 || got["holdout_reached"] != 0.0 {
		t.Errorf("%v differences from the simulator's ledger, %v held out and reached", got["differences"], got["holdout_reached"])
	}
}
