package world

import "fmt"

// staff returns 45 people: three in every store and nine at headquarters.
func staff(stores []Store) []Staff {
	names := staffNames()
	var out []Staff
	add := func(id string, role Role, store int) {
		out = append(out, Staff{UserID: id, Name: names[len(out)], Role: role, Store: store})
	}
	for s := range stores {
		add(fmt.Sprintf("s%02d-manager", s+1), RoleManager, s)
		add(fmt.Sprintf("s%02d-guide1", s+1), RoleGuide, s)
		add(fmt.Sprintf("s%02d-guide2", s+1), RoleGuide, s)
	}
	for _, hq := range []struct {
		id   string
		role Role
	}{
		{"hq-lead", RoleLead}, {"hq-area-zj", RoleArea}, {"hq-area-js", RoleArea},
		{"hq-operator1", RoleOperator}, {"hq-operator2", RoleOperator}, {"hq-operator3", RoleOperator},
		{"hq-service1", RoleService}, {"hq-service2", RoleService}, {"hq-content", RoleContent},
	} {
		add(hq.id, hq.role, -1)
	}
	return out
}

func staffNames() []string {
	return []string{
		"沈若溪", "顾一鸣", "林晓棠", "周子衿", "许嘉禾", "陆知遥", "韩雨薇", "程立夏", "方清越",
		"姜沐阳", "叶知秋", "罗景行", "苏念安", "何书航", "唐心悦", "梁思源", "宋以宁", "冯乐天",
		"董佳音", "袁博文", "邓诗雨", "曹亦凡", "彭舒然", "曾子墨", "萧晴川", "田语桐", "任致远",
		"钟灵毓", "汪晨曦", "范若谷", "金可欣", "石文博", "谭晓月", "廖天佑", "邹静姝", "熊浩然",
		"孟想容", "秦安歌", "白露霜", "江明澈", "阎芷兰", "薛正清", "侯怡君", "雷远山", "龙映雪",
	}
}

// groups returns 60 groups: four kinds in every store and twelve of the brand.
func groups(b Brand) []GroupPlan {
	var out []GroupPlan
	add := func(name string, kind GroupKind, store, owner int) {
		n := len(out)
		g := GroupPlan{Name: name, Kind: kind, Store: store, Owner: owner, Opens: (n * 97) % 250}
		g.spirit, g.fading = spirit(kind, n)
		out = append(out, g)
	}
	for s, store := range b.Stores {
		manager := s * 3
		add(store.Name+"福利群", DealGroup, s, manager)
		add(store.Name+"茶友群", InterestGroup, s, manager+1)
		add(store.Name+"咖啡打卡群", LearningGroup, s, manager+2)
		add(store.Name+"会员群", VIPGroup, s, manager)
	}
	operators := []int{39, 40, 41}
	for i, name := range []string{"手冲研习社", "冷萃实验室", "岩茶品鉴团", "器物收藏圈", "七日学泡茶", "十四天拉花营"} {
		kind := InterestGroup
		if i >= 4 {
			kind = LearningGroup
		}
		add(name, kind, -1, operators[i%3])
	}
	for i := range 6 {
		add(fmt.Sprintf("限时快闪%d群", i+1), FlashGroup, -1, operators[i%3])
	}
	return out
}

// spirit returns how lively a group begins and the share it loses a day. A
// third of the groups hold, a third fade within a year, a third within weeks,
// which is roughly what operators report.
func spirit(kind GroupKind, n int) (start, fading float64) {
	start = map[GroupKind]float64{
		DealGroup: .25, InterestGroup: .8, LearningGroup: .7, VIPGroup: .5, FlashGroup: .9,
	}[kind]
	fading = []float64{0.0002, 0.004, 0.015}[n%3]
	if kind == FlashGroup {
		fading = 0.12
	}
	return start, fading
}

// vitality returns how lively a group is on a day, 0 before it opens.
func (g GroupPlan) vitality(day int) float64 {
	if day < g.Opens {
		return 0
	}
	v := g.spirit
	for range min(day-g.Opens, 400) {
		v *= 1 - g.fading
	}
	return v
}
