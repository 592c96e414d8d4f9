package wecom

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func eventXML(elements string) []byte {
	return []byte(`<xml><ToUserName><![CDATA[wwCORP]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>` +
		`<CreateTime>1403610513</CreateTime><MsgType><![CDATA[event]]></MsgType>` + elements + `</xml>`)
}

// The official sample of page 96361.
func TestAnAddEventIsReadInFull(t *testing.T) {
	e, err := ParseEvent(eventXML(`<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>` +
		`<UserID><![CDATA[zhangsan]]></UserID><ExternalUserID><![CDATA[woAJ2GCAAAXtWyujaWJHDDGi0mAAAA]]></ExternalUserID>` +
		`<State><![CDATA[teststate]]></State><WelcomeCode><![CDATA[WELCOMECODE]]></WelcomeCode>`))
	if err != nil {
		t.Fatal(err)
	}
	want := Event{XMLName: e.XMLName, Corp: "wwCORP", From: "sys", Created: 1403610513, MsgType: "event", Kind: EventContact, Change: CustomerAdded,
		UserID: "zhangsan", ExternalUserID: "woAJ2GCAAAXtWyujaWJHDDGi0mAAAA", State: "teststate", WelcomeCode: "WELCOMECODE"}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("read %+v", e)
	}
	if !e.At().Equal(time.Unix(1403610513, 0)) {
		t.Errorf("at %v", e.At())
	}
	if strings.Contains(fmt.Sprintf("%+v", e), "WELCOMECODE") {
		t.Error("printing an event prints its welcome code")
	}
}

// The official sample of page 92130 and a real change_name event that lacks
// half of its elements (Senparc tests, 2023).
func TestGroupEventsKeepMembersAndVersions(t *testing.T) {
	full, err := ParseEvent(eventXML(`<Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[CHAT_ID]]></ChatId><ChangeType><![CDATA[update]]></ChangeType>` +
		`<UpdateDetail><![CDATA[add_member]]></UpdateDetail><JoinScene>1</JoinScene><QuitScene>0</QuitScene><MemChangeCnt>10</MemChangeCnt>` +
		`<MemChangeList><Item>Jack</Item><Item>Rose</Item></MemChangeList>` +
		`<LastMemVer>9c3f97c2ada667dfb5f6d03308d963e1</LastMemVer><CurMemVer>71217227bbd112ecfe3a49c482195cb4</CurMemVer>`))
	if err != nil {
		t.Fatal(err)
	}
	if full.ChatID != "CHAT_ID" || full.UpdateDetail != GroupMembersAdded || full.MemberCount != 10 || !reflect.DeepEqual(full.Members, []string{"Jack", "Rose"}) ||
		full.JoinScene == nil || *full.JoinScene != 1 || full.QuitScene == nil || full.LastVersion != "9c3f97c2ada667dfb5f6d03308d963e1" || full.MemberVersion != "71217227bbd112ecfe3a49c482195cb4" {
		t.Errorf("read %+v", full)
	}
	sparse, err := ParseEvent(eventXML(`<Event>change_external_chat</Event><ChatId>CHAT_ID</ChatId><ChangeType>update</ChangeType>` +
		`<UpdateDetail>change_name</UpdateDetail><JoinScene>0</JoinScene><MemChangeCnt>2</MemChangeCnt>`))
	if err != nil || sparse.QuitScene != nil || sparse.Members != nil || sparse.JoinScene == nil || *sparse.JoinScene != 0 {
		t.Errorf("read %+v, %v", sparse, err)
	}
}

func TestElementsThatDifferOnlyInCaseStayApart(t *testing.T) {
	e, err := ParseEvent(eventXML(`<Event>change_external_tag</Event><Id>etX</Id><TagType>tag_group</TagType><ChangeType>shuffle</ChangeType><StrategyId>7</StrategyId>`))
	if err != nil || e.ID != "etX" || e.UserID != "" || e.TagType != "tag_group" || e.Change != TagShuffled || e.StrategyID != "7" {
		t.Errorf("read %+v, %v", e, err)
	}
}

func TestUnknownAndOddEventsAreStillEvents(t *testing.T) {
	for name, elements := range map[string]string{
		"unknown change":       `<Event>change_external_contact</Event><ChangeType>something_new</ChangeType><Extra><Deep>1</Deep></Extra>`,
		"number that is none":  `<Event>change_contact</Event><Status>soon</Status><MemChangeCnt></MemChangeCnt>`,
		"control characters":   "<Event>change_contact</Event><Name><![CDATA[a\x01b\x00c]]></Name>",
		"broken UTF-8":         "<Event>change_contact</Event><Name><![CDATA[a\xffb]]></Name>",
		"attributes, comments": `<Event kind="x">change_contact</Event><!-- note -->`,
	} {
		e, err := ParseEvent(eventXML(elements))
		if err != nil || e.Kind == "" || e.Corp != "wwCORP" {
			t.Errorf("%s: read %+v, %v", name, e, err)
		}
	}
}

func TestWhatIsNotXMLIsNoEvent(t *testing.T) {
	for _, text := range []string{"", "1616140317555161061", "<xml>", "<html></html>", `{"a":1}`, "<xml><a></xml>"} {
		if _, err := ParseEvent([]byte(text)); err == nil {
			t.Errorf("%q is taken for an event", text)
		}
	}
}

func TestAnEntityBombDoesNotExpand(t *testing.T) {
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><Event>&b;</Event></xml>`
	if e, err := ParseEvent([]byte(bomb)); err == nil {
		t.Errorf("accepted entities: %+v", e)
	}
}
