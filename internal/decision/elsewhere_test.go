package decision

import (
	"testing"

	"siyu/internal/event"
	"siyu/internal/profile"
)

func TestAMassMessageMadeElsewhereTakesBudgetAndQuotaAndIsNoSendOfThePlan(t *testing.T) {
	sent := []profile.Touch{{At: 100, Channel: event.MassElsewhere, Purpose: event.Promote}}
	if used := (horizons{}).countAll(sent, nil); used.week != 1 || used.month != 1 || used.quota != 1 {
		t.Errorf("used %+v", used)
	}
	if used := (horizons{}).countBy(event.MassSend, sent, nil); used.month != 0 {
		t.Errorf("of the plan's mass messages %+v", used)
	}
	var n Contamination
	n.Count(&profile.Customer{Touches: profile.Touches{Recent: sent}}, 0)
	if n.Served != 1 || n.Marketed != 0 || n.Clean != 0 {
		t.Errorf("held out: %+v", n)
	}
	if InPerson(event.MassElsewhere) {
		t.Error("the plan waits for it as for a contact of its own")
	}
}
