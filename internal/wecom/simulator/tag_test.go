package simulator

import (
	"fmt"
	"testing"
)

func TestTagsOfRuleGroupsAreApartFromCorpTags(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	a := sit(t, p, 0)
	rule := a.ok(a.post("customer_strategy/create", body{"strategy_name": "north"})).at("strategy_id")
	inner := a.ok(a.post("customer_strategy/create", body{"strategy_name": "city", "parent_id": rule})).at("strategy_id")
	add := func(strategy any, name string) body {
		return body{"strategy_id": strategy, "group_name": "place", "tag": []body{{"name": name}}}
	}
	a.refused(codeInvalidParameter, a.post("add_strategy_tag", add(inner, "Beijing")))
	made := a.ok(a.post("add_strategy_tag", add(rule, "Beijing")))
	id, group := made.at("tag_group", "tag", 0, "id"), made.at("tag_group", "group_id")
	a.refused(codeBadTag, a.post("edit_corp_tag", body{"id": id, "name": "Peking"}))
	a.refused(codeBadTag, a.post("del_corp_tag", body{"group_id": []any{group}}))
	a.ok(a.post("edit_strategy_tag", body{"id": id, "name": "Peking"}))
	if listed := a.ok(a.post("get_corp_tag_list", body{})).list("tag_group"); len(listed) != 0 {
		t.Errorf("corp tags hold those of a rule group: %v", listed)
	}
	shown := a.ok(a.post("get_strategy_tag_list", body{"strategy_id": rule}))
	if shown.at("tag_group", 0, "tag", 0, "name") != "Peking" || shown.at("tag_group", 0, "strategy_id") != rule {
		t.Errorf("tags of the rule group: %v", shown)
	}
	a.ok(a.post("mark_tag", body{"userid": "anna", "external_userid": "wmli", "add_tag": []any{id}}))
	if kind := a.ok(a.get("get", "external_userid", "wmli")).at("follow_user", 0, "tags", 0, "type"); kind != float64(ruleTag) {
		t.Errorf("a tag of a rule group has type %v", kind)
	}
	a.ok(a.post("del_strategy_tag", body{"tag_id": []any{id}}))
	if tags := a.ok(a.get("get", "external_userid", "wmli")).at("follow_user", 0, "tags").([]any); len(tags) != 0 {
		t.Errorf("a deleted tag stays on a customer: %v", tags)
	}
}

func TestDeletedTagsAreShownToWhoAsksForThem(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	a := sit(t, p, 0)
	made := a.ok(a.post("add_corp_tag", body{"group_name": "taste", "tag": []body{{"name": "green"}, {"name": "black"}}}))
	group, first := made.at("tag_group", "group_id"), made.at("tag_group", "tag", 0, "id")
	a.refused(codeTagNameTaken, a.post("edit_corp_tag", body{"id": first, "name": "black"}))
	a.ok(a.post("del_corp_tag", body{"tag_id": []any{first, first}}))
	if left := a.ok(a.post("get_corp_tag_list", body{})).at("tag_group", 0, "tag").([]any); len(left) != 1 {
		t.Errorf("without asking: %v", left)
	}
	asked := a.ok(a.post("get_corp_tag_list", body{"tag_id": []any{first}}))
	if asked.at("tag_group", 0, "tag", 0, "deleted") != true || asked.at("tag_group", 0, "deleted") != nil {
		t.Errorf("the deleted tag of a group that stays: %v", asked)
	}
	a.ok(a.post("del_corp_tag", body{"group_id": []any{group}}))
	asked = a.ok(a.post("get_corp_tag_list", body{"group_id": []any{group}}))
	if asked.at("tag_group", 0, "deleted") != true || len(asked.at("tag_group", 0, "tag").([]any)) != 2 {
		t.Errorf("the deleted group: %v", asked)
	}
	a.refused(codeBadTag, a.post("mark_tag", body{"userid": "anna", "external_userid": "wmli", "add_tag": []any{first}}))
}

func TestAPairTakesOnlySoManyTags(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Limits.OnPair = 2 })
	shop(t, p)
	a := sit(t, p, 0)
	var ids []any
	for n := range 3 {
		ids = append(ids, a.ok(a.post("add_corp_tag", body{"group_name": "g", "tag": []body{{"name": fmt.Sprint(n)}}})).at("tag_group", "tag", 0, "id"))
	}
	mark := func(add, remove []any) answer {
		return a.post("mark_tag", body{"userid": "anna", "external_userid": "wmli", "add_tag": add, "remove_tag": remove})
	}
	a.ok(mark(ids[:2], nil))
	a.refused(codeTooManyOnPair, mark(ids[2:], nil))
	a.ok(mark(ids[:2], nil)) // they are there
	a.ok(mark(ids[2:], ids[:1]))
}
