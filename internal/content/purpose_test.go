package content_test

import (
	"testing"

	"siyu/internal/content"
	"siyu/internal/event"
)

func TestWhatAMessageWorksOnIsReadFromItsWords(t *testing.T) {
	for text, want := range map[string]event.Purpose{
		"周年庆全场 8 折，今晚 12 点结束":        event.Promote,
		"给您留了一张 30 元券，还想要上次那款吗？":     event.Promote,
		"秋冬洗护的保养步骤整理好了，发您一份":         event.Serve,
		"上次买的吹风机用着还习惯吗？有问题随时问我":      event.Serve,
		"抱歉让您久等，换新的已经寄出":             event.Serve,
		"最近在选春季的面料，您更喜欢素色还是印花":       event.Ask,
		"您家孩子几岁了？":                   event.Ask,
		"新品试吃这周六开始，您感兴趣吗":            event.Ask,
		"算算日子奶粉该见底了，要不要给您备两罐":        event.Remind,
		"店里的桂花开了":                    event.Remind,
		"":                           event.Remind,
		"\xff\xfe":                   event.Remind,
		"Our autumn tea has arrived": event.Remind,
	} {
		if got := content.PurposeOf(text); got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}
