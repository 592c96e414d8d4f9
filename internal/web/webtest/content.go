package webtest

import (
	"cmp"
	"context"
	"fmt"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/measurement"
	"siyu/internal/org"
	"siyu/internal/web"
)

// reading is tracked reading of the brand.
type reading struct {
	whose  web.Whose
	lost   int
	rows   []web.ContentRow
	trials []web.WordingTrial
	events map[string]bool // of pages
}

func (b *Brand) fillContent() {
	b.reading = reading{whose: web.WhoseAgreed, lost: 2, events: map[string]bool{}, rows: []web.ContentRow{
		{Name: "serve.0", Title: b.text("三分钟学会泡白茶"), Kind: content.Article, Purpose: event.Serve, Address: "https://shop.example.com/brew",
			Sent: 240, OpenedOnce: 84, Rate: .35, Low: .31, High: .39, Opened: 102, Readers: 81},
		{Name: "remind.2", Title: b.text("您常喝的那款"), Kind: content.Product, Purpose: event.Remind, Address: "https://shop.example.com/a/long/address", SentMass: 3120, OpenedMass: 407},
		{Name: "ask.1", Title: b.text("新品口味问卷"), Kind: content.Form, Purpose: event.Ask, Address: "https://shop.example.com/form"},
		{Name: "promote.9", Title: b.text("去年的年货"), Kind: content.Product, Gone: true, Address: "https://shop.example.com/old", Sent: 4, OpenedOnce: 4, Rate: 1, Low: .71, High: 1, Opened: 4, Readers: 4},
		{Name: "brewing-guide", Title: b.text("小程序：冲泡指南"), Kind: content.Page, Opened: 38, Readers: 30},
		{Name: "store-visit", Title: b.text("到店服务怎么样？"), Kind: content.Survey, Scores: web.Scores{Of: [5]int{2, 1, 6, 20, 31}, Answers: 60, Mean: 4.28, Low: 4.1, High: 4.42},
			MassScores: web.Scores{Of: [5]int{0, 0, 4, 4, 4}, Answers: 12, Mean: 4, Low: 3.7, High: 4.3}},
	}}
	b.fillTrials()
}

// fillTrials adds three wordings of which one is answered more often.
func (b *Brand) fillTrials() {
	list := []measurement.Wording{{Given: 620, Delivered: 512, Did: [3]int{41, 20, 2}}, {Given: 618, Delivered: 505, Did: [3]int{86, 22, 3}}, {Given: 14, Delivered: 11, Did: [3]int{2, 1, 0}}}
	texts := []string{"{name}，最近想喝点什么？", "{name}，店里新到了三款茶，想先寄一小包给您尝尝，您更想试哪一款？", "来点新茶？"}
	trial := web.WordingTrial{Name: "ask.1", Purpose: event.Ask, Channel: event.MassSend}
	for i, effects := range measurement.CompareWordings(list) {
		trial.Wordings = append(trial.Wordings, web.WordingRow{Text: b.text(texts[i]), Given: list[i].Given, Delivered: list[i].Delivered, Effects: effects})
	}
	b.reading.trials = []web.WordingTrial{trial}
}

// Content implements web.Contents.
func (b *Brand) Content(context.Context, org.Scope) (web.ContentView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return web.ContentView{Whose: cmp.Or(b.reading.whose, web.WhoseNobody), Reachable: b.link.Callback != "", Lost: b.reading.lost, Rows: b.reading.rows, Trials: b.reading.trials}, b.Fail
}

// SetReading implements web.Contents.
func (b *Brand) SetReading(_ context.Context, _ web.Asker, whose web.Whose) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading.whose = whose
	return nil
}

// TellOpening implements web.Contents. The brand knows the phone 13800000001,
// and nobody of WeCom's.
func (b *Brand) TellOpening(_ context.Context, _ web.Asker, o web.PageOpening) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Phone != "13800000001" {
		return false, fault.New(fault.NotFound, "no such customer")
	}
	if b.reading.whose == web.WhoseNobody {
		return false, nil
	}
	b.reading.events[fmt.Sprint(o.Event, o.Phone)] = true
	return true, nil
}

// TellAnswer implements web.Contents. The brand knows whom TellOpening knows.
func (b *Brand) TellAnswer(_ context.Context, _ web.Asker, a web.SurveyAnswer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.Phone != "13800000001" {
		return fault.New(fault.NotFound, "no such customer")
	}
	b.Answered = append(b.Answered, a)
	return nil
}

// Survey implements web.Surveys: the token "one" asks somebody, "many" anybody.
func (b *Brand) Survey(_ context.Context, token string) (web.SurveyView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if token != "one" && token != "many" {
		return web.SurveyView{}, fault.New(fault.NotFound, "no such survey")
	}
	v := web.SurveyView{Brand: b.text("青山茶"), Question: b.text("这次到店，您满意吗？"), Named: token == "one"}
	if v.Named {
		v.Score = b.Scored
	}
	return v, b.Fail
}

// AnswerSurvey implements web.Surveys.
func (b *Brand) AnswerSurvey(ctx context.Context, token string, score int) error {
	if _, err := b.Survey(ctx, token); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case score < event.LeastScore || score > event.MostScore:
		return fault.WithKey(fault.Invalid, "error.survey_score", fmt.Errorf("answer a survey: score %d", score))
	case token == "one" && b.Scored == 0:
		b.Scored = score
	}
	return nil
}

// Openings returns how many openings of pages were kept.
func (b *Brand) Openings() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.reading.events)
}
