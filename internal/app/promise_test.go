package app

import (
	"testing"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/wecom/simulator"
)

func TestABenefitIsPromisedByAKnownChannelWithAReminderAndGivenUpAgain(t *testing.T) {
	j := join(t, "", web.ModeCallbacks)
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	must(t, j.platform.People().AddRelation(simulator.Friendship{UserID: members[0], ExternalUserID: external(strangers / 2), AddWay: 1, State: "counter"}))
	j.heard()
	library, err := j.desk.Texts(ctx, org.All())
	must(t, err)
	must(t, j.desk.SetText(ctx, lead, web.TextForm{Version: library.Version, New: true, Text: web.Text{Code: "cup", Purpose: event.Remind, Text: "Your cup waits"}}))
	things := thingPort{j.App}
	for wrong, p := range map[string]decision.Promise{
		"error.promise_channel": {State: "nowhere", Days: 14, Material: "cup"},
		"error.promise_text":    {State: "counter", Days: 14, Material: "nothing"},
	} {
		if err := things.SetPromise(ctx, lead, p); fault.KeyOf(err) != wrong {
			t.Errorf("%+v: %v, want %s", p, err, wrong)
		}
	}
	for _, days := range []int{14, 7} { // the second takes the place of the first
		must(t, things.SetPromise(ctx, lead, decision.Promise{State: "counter", Days: days, Material: "cup"}))
		shown, err := things.Things(ctx, org.All())
		if rules := j.brand.Documents().Rules; err != nil || len(shown.Promises) != 1 || shown.Promises[0].Days != days || len(rules.Promises) != 1 || rules.Promises[0].Days != days {
			t.Errorf("shown %+v, planned with %+v, %v", shown.Promises, rules.Promises, err)
		}
	}
	must(t, things.SetPromise(ctx, lead, decision.Promise{State: "counter"}))
	if left := j.brand.Documents().Rules.Promises; len(left) > 0 {
		t.Errorf("given up, and still planned with: %+v", left)
	}
}
