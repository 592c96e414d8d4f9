package org_test

import (
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/id"
	"siyu/internal/org"
)

var (
	shop   = org.Approver{Account: "chaoyang", Rank: org.RankStore, Stores: []id.Store{7}}
	lead   = org.Approver{Account: "lin", Rank: org.RankLead}
	second = org.Approver{Account: "wang", Rank: org.RankLead}
	owner  = org.Approver{Account: "zhao", Rank: org.RankOwner}
	member = org.Approver{Account: "xiaolin", Rank: "staff"}
)

func TestWhoMayApproveHangsOnHowManyItReaches(t *testing.T) {
	rules := org.ApprovalRules{Store: 100, Lead: 1000, One: 500}
	team := []org.Approver{shop, lead, second, owner, member}
	for _, c := range []struct {
		what string
		send org.Send
		who  org.Approver
		want org.Verdict
	}{
		{"a store its own few", org.Send{Store: 7, Reaches: 100}, shop, org.Verdict{Rule: org.RuleStore, Rank: org.RankStore, Goes: true}},
		{"a store its own many", org.Send{Store: 7, Reaches: 101}, shop, org.Verdict{Why: org.NeedsLead, Rule: org.RuleLead, Rank: org.RankLead}},
		{"a store of another store", org.Send{Store: 8, Reaches: 1}, shop, org.Verdict{Why: org.NotYours, Rule: org.RuleStore, Rank: org.RankStore}},
		{"a store of headquarters", org.Send{Reaches: 1}, shop, org.Verdict{Why: org.NotYours, Rule: org.RuleStore, Rank: org.RankStore}},
		{"a member of staff", org.Send{Reaches: 1}, member, org.Verdict{Why: org.NotYours, Rule: org.RuleStore, Rank: org.RankStore}},
		{"a lead alone", org.Send{Store: 7, Reaches: 500}, lead, org.Verdict{Rule: org.RuleLead, Rank: org.RankLead, Goes: true}},
		{"the first of two leads", org.Send{Reaches: 501}, lead, org.Verdict{Rule: org.RuleTwo, Rank: org.RankLead}},
		{"the same lead again", org.Send{Reaches: 501, Approved: []org.Approver{lead}}, lead, org.Verdict{Why: org.NeedsAnother, Rule: org.RuleTwo, Rank: org.RankLead}},
		{"the second of two leads", org.Send{Reaches: 501, Approved: []org.Approver{lead}}, second, org.Verdict{Rule: org.RuleTwo, Rank: org.RankLead, Goes: true}},
		{"one of two who asks again", org.Send{Reaches: 501, Approved: []org.Approver{lead, second}}, lead, org.Verdict{Rule: org.RuleTwo, Rank: org.RankLead, Goes: true}},
		{"a store as one of two", org.Send{Store: 7, Reaches: 501, Approved: []org.Approver{lead}}, shop, org.Verdict{Why: org.NeedsLead, Rule: org.RuleTwo, Rank: org.RankLead}},
		{"a lead, the first of a lead and an owner", org.Send{Reaches: 1001}, lead, org.Verdict{Rule: org.RuleTwo, Rank: org.RankOwner}},
		{"a second lead where an owner is missing", org.Send{Reaches: 1001, Approved: []org.Approver{lead}}, second, org.Verdict{Why: org.NeedsOwner, Rule: org.RuleTwo, Rank: org.RankOwner}},
		{"an owner after a lead", org.Send{Reaches: 1001, Approved: []org.Approver{lead}}, owner, org.Verdict{Rule: org.RuleTwo, Rank: org.RankOwner, Goes: true}},
	} {
		if got := rules.Ask(c.send, c.who, team); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
	if got := (org.ApprovalRules{Store: 100, Lead: 1000, One: 5000}).Ask(org.Send{Reaches: 1001}, lead, team); got.Why != org.NeedsOwner {
		t.Errorf("a lead above the own limit, where one suffices: %+v", got)
	}
}

func TestAShopOfOnePersonIsNotLockedOut(t *testing.T) {
	rules := org.DefaultApproval()
	v := rules.Ask(org.Send{Reaches: 50_000}, owner, []org.Approver{owner, member, shop})
	if !v.Goes || !v.Typed() || v.Rule != org.RuleAlone {
		t.Errorf("the only owner: %+v", v)
	}
	if v := rules.Ask(org.Send{Reaches: 50_000}, owner, []org.Approver{owner, lead}); v.Goes || v.Typed() {
		t.Errorf("an owner beside a lead: %+v", v)
	}
	if v := rules.Ask(org.Send{Reaches: 50_000}, lead, []org.Approver{lead}); v.Goes || v.Why != "" {
		t.Errorf("a lead alone above a lead's limit: %+v", v)
	}
	if v := rules.Ask(org.Send{Reaches: 50_000, Approved: []org.Approver{lead}}, owner, []org.Approver{owner}); !v.Goes || v.Typed() {
		t.Errorf("the only owner after a lead who has left since: %+v", v)
	}
}

func TestApprovalLawsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ranks := []org.Rank{org.RankStore, org.RankLead, org.RankOwner, "staff"}
		var team []org.Approver
		for i := range rapid.IntRange(1, 6).Draw(t, "people") {
			team = append(team, org.Approver{Account: string(rune('a' + i)), Rank: rapid.SampledFrom(ranks).Draw(t, "rank"), Stores: []id.Store{7}})
		}
		team = append(team, org.Approver{Account: "z", Rank: org.RankOwner}) // there is always one
		rules := org.ApprovalRules{Store: rapid.IntRange(0, 50).Draw(t, "store"), One: rapid.IntRange(0, 200).Draw(t, "one")}
		rules.Lead = rules.Store + rapid.IntRange(0, 100).Draw(t, "lead")
		send := org.Send{Store: 7, Reaches: rapid.IntRange(1, 300).Draw(t, "reaches")}
		went := false
		for range 3 { // whoever may approve does; somebody can always let it go
			for _, who := range team {
				v := rules.Ask(send, who, team)
				if v.Goes && v.Why != "" {
					t.Fatalf("%+v goes although %s", send, v.Why)
				}
				if v.Why != "" {
					continue
				}
				if !v.Typed() && v.Goes && send.Reaches > rules.One && len(send.Approved) == 0 {
					t.Fatalf("%d customers reached by %s alone: %+v", send.Reaches, who.Account, v)
				}
				went = went || v.Goes
				send.Approved = append(send.Approved, who)
			}
		}
		if !went {
			t.Fatalf("nobody of %+v can approve %+v under %+v", team, send, rules)
		}
	})
}
