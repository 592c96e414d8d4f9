package audience_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

// places are what the stories' stores, groups and staff are called.
func places() audiencetest.Names {
	var n audiencetest.Names
	for i, name := range []string{"杭州湖滨店", "杭州武林店", "福利一群", "安安", "和平店", "和平店", "Lakeside", "Wulin", "Deals One"} {
		n = n.Called(audience.Value{Number: int64(i + 1)}, name)
	}
	n[4].Where, n[5].Where = "杭州", "上海"
	return n
}

func TestPeopleWriteTheSameInManyWays(t *testing.T) {
	twice := over(90, ask("orders", audience.AtLeast, 2))
	for _, c := range []struct {
		want  audience.Rule
		texts []string
	}{
		{all(ask("orders", audience.AtLeast, 2), ask("trust", audience.More, 0), ask("due", audience.Next, 7),
			not(ask("last_touch", audience.Last, 10)), ask("store", audience.OneOf, 1, 2), ask("groups", audience.NoneOf, 3)), []string{
			"买过 2 次以上，且信任强于平均，且 7 天内到期，且 10 天没有联系，且门店是 杭州湖滨店、杭州武林店，且不在群 福利一群",
			"买过2次以上且信任强于平均且7天内到期且10天没有联系且门店是杭州湖滨店、杭州武林店且不在群福利一群",
			"买过２次以上,信任强于平均,７天内到期,10天没联系,门店是\"杭州湖滨店\"/杭州武林店,不在群“福利一群”。",
			"（买过 2 次以上 并且 信任 高于 平均） 而且 （7天内到期，10 天没有联系）； 门店为 杭州湖滨店、 杭州武林店 ；不在群 福利一群",
		}},
		{twice, []string{"最近 90 天买过 2 次以上", "90天内买过2次以上", "过去９０天至少买过 2 次", "近90天下单2次以上", "（（90 天里买过 2 次以上））"}},
		{over(365, ask("turnover", audience.AtLeast, 1_250_000)), []string{"最近 365 天消费 12500 元以上", "365天内消费12,500元以上", "近365天消费 ¥12500.00 以上", "近365天花了￥1.25万以上"}},
		{ask("repurchase", audience.AtLeast, 355), []string{"复购可能至少 35.5%", "复购概率不低于 0.355", "复购可能 >= 35.5 %", "复购可能＞＝35.50％"}},
		{ask("trust", audience.Between, -20, 75), []string{"信任在平均 -0.20到平均 +0.75之间", "信任在 -0.2 和 0.75 之间", "信任在−0.20到+0.75之间"}},
		{ask("first_order", audience.Since, 20_588), []string{"首次下单在 2026-05-15 或以后", "首单不早于 2026/5/15", "首次下单在2026年5月15日或以后", "首次下单在２０２６－０５－１５或以后"}},
		{not(anyOf(said("stage", audience.OneOf, "lost"), ask("due", audience.Never))), []string{"不满足（阶段是 消费流失，或没有到期日）", "并非(阶段为流失或者没有到期)"}},
		{anyOf(ask("due", audience.Next, 7), ask("due", audience.Ago, 1), ask("due", audience.Never)), []string{"7天内到期，过期1天以上，或没有到期日", "7天内到期或过期1天以上或没有到期日"}},
		{audience.Rule{All: []audience.Rule{}}, []string{"所有客户", " 不限 。", "（所有人）"}},
	} {
		parsed(t, "zh-CN", c.want, c.texts...)
	}
	for _, c := range []struct {
		want  audience.Rule
		texts []string
	}{
		{all(ask("orders", audience.AtLeast, 2), ask("trust", audience.More, 0), ask("due", audience.Next, 7),
			not(ask("last_touch", audience.Last, 10)), ask("store", audience.OneOf, 7, 8), ask("groups", audience.NoneOf, 9)), []string{
			"bought at least 2 times, and trust above average, and due within 7 days, and not contacted for 10 days, and store is Lakeside / Wulin, and not in group Deals One",
			"Bought at least 2 times and Trust above Average and due within 7 days and not contacted for 10 days and store: \"Lakeside\", \"Wulin\" and not in the group Deals One.",
		}},
		{over(90, ask("orders", audience.AtLeast, 1)), []string{"bought at least 1 time in the last 90 days", "bought at least 1 times within 90 days", "(bought 1 time or more over 90 days)"}},
		{not(all(ask("due", audience.Never), ask("store", audience.Never))), []string{"not (nothing due, and no store)", "not (nothing due & no store)"}},
		{ask("turnover", audience.AtLeast, 1_250_000), []string{"spent ¥12500 or more", "spent at least 12,500 yuan", "turnover at least 12.5k RMB"}},
	} {
		parsed(t, "en", c.want, c.texts...)
	}
}

func parsed(t *testing.T, language string, want audience.Rule, texts ...string) {
	t.Helper()
	l := lexicon(t, language)
	want = audience.Normal(want)
	for _, text := range texts {
		got, err := l.Parse(text, places())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nwas read as %s\nexpected    %s", text, l.Sentence(&got, places()), l.Sentence(&want, places()))
		}
	}
}

// TestWhatIsWrongIsPointedAt has the wrong part of each text between ‹ and ›.
func TestNumbersMayStandInWords(t *testing.T) {
	for language, pairs := range map[string]map[string]string{
		"zh-CN": {
			"买过两次以上，且三十天没有联系": "买过 2 次以上，且 30 天没有联系",
			"最近一百八十天买过十二次以上":  "最近 180 天买过 12 次以上",
			"消费两万元以上":         "消费 20000 元以上",
		},
		"en": {
			"bought at least two times, and not contacted for thirty days": "bought at least 2 times, and not contacted for 30 days",
			"due within twenty five days":                                  "due within 25 days",
		},
	} {
		l := lexicon(t, language)
		for words, digits := range pairs {
			got, err := l.Parse(words, audiencetest.Names{})
			want, wrong := l.Parse(digits, audiencetest.Names{})
			if err != nil || wrong != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s reads as %s: %v, %v", words, l.Sentence(&got, audiencetest.Names{}), err, wrong)
			}
		}
	}
}

func TestWhatIsWrongIsPointedAt(t *testing.T) {
	for _, c := range []struct {
		language, text string
		mistake        audience.Mistake
		known          string // part of what could have stood there
	}{
		{"zh-CN", "‹›", audience.Expected, "条件"},
		{"zh-CN", "买过 ‹几› 次以上", audience.Expected, "数字"},
		{"zh-CN", "买过 2 ‹回›", audience.Expected, "次以上"},
		{"zh-CN", "买过 2 次以上 ‹心情好›", audience.Expected, "且"},
		{"zh-CN", "买过 2 次以上，且‹心情好›", audience.Expected, "条件"},
		{"zh-CN", "（买过 2 次以上‹›", audience.Expected, ")"},
		{"zh-CN", "买过 2 次以上‹）›", audience.Expected, "结尾"},
		{"zh-CN", "信任强于‹很多›", audience.Expected, "平均"},
		{"zh-CN", "复购可能至少 ‹35›", audience.Expected, "35%"},
		{"zh-CN", "首次下单在 ‹2026-02-30› 或以后", audience.Expected, "日期"},
		{"zh-CN", "门店是 ‹›", audience.Expected, "名称"},
		{"zh-CN", "门店是 \"杭州‹›", audience.Expected, "引号"},
		{"zh-CN", "门店是 杭州湖滨店、‹杭州湖边店›，且 7 天内到期", audience.UnknownName, ""},
		{"zh-CN", "7 天内到期，且门店是 ‹和平店›", audience.AmbiguousName, "和平店#5 (杭州)、和平店#6 (上海)"},
		{"zh-CN", "阶段是 成熟、‹冬眠›", audience.UnknownWord, ""},
		{"zh-CN", "‹最近 60 天买过 2 次以上›，且 7 天内到期", audience.UnknownWindow, ""},
		{"zh-CN", "7 天内到期，且（‹复购可能至少 120%›，或没有到期日）", audience.OutOfRange, ""},
		{"zh-CN", "‹订单数在 5 到 2 之间›", audience.Backwards, ""},
		{"zh-CN", "7 天内到期，且没有到期日‹，或›买过 2 次以上", audience.Unbracketed, ""},
		{"en", "bought at least ‹several› times", audience.Expected, "a number"},
		{"en", "trust ‹abvoe› average", audience.Expected, "above"},
		{"en", "due within 7 days ‹trust› above average", audience.Expected, "and"},
		{"en", "due within 7 days and (nothing due ‹or› store is Wulin and trust above average)", audience.Unbracketed, ""},
	} {
		before, rest, _ := strings.Cut(c.text, "‹")
		wrong, after, _ := strings.Cut(rest, "›")
		from := utf8.RuneCountInString(before)
		to := from + utf8.RuneCountInString(wrong)
		_, err := lexicon(t, c.language).Parse(before+wrong+after, places())
		flaws := audience.FlawsOf(err)
		if c.mistake == audience.Unbracketed && len(flaws) == 1 {
			from, to = flaws[0].From, flaws[0].To // which of the two words is a matter of taste
		}
		if len(flaws) != 1 || flaws[0].Mistake != c.mistake || flaws[0].From != from || flaws[0].To != to {
			t.Errorf("%s: %v, expected %s from %d to %d", c.text, err, c.mistake, from, to)
			continue
		}
		if !strings.Contains(flaws[0].Parts["Known"], c.known) {
			t.Errorf("%s: could stand %q, expected %q", c.text, flaws[0].Parts["Known"], c.known)
		}
	}
}

func TestANameThatIsNotOneThingsAloneIsSaidWithItsNumber(t *testing.T) {
	l := lexicon(t, "zh-CN")
	rule := ask("store", audience.OneOf, 5, 99)
	text := l.Sentence(&rule, places())
	if text != "门店是 和平店#5、#99" {
		t.Errorf("%s", text)
	}
	parsed(t, "zh-CN", rule, text)
}

func TestNoTextIsTooLongOrTooDeepToBeRefused(t *testing.T) {
	l := lexicon(t, "zh-CN")
	for text, want := range map[string]audience.Mistake{
		strings.Repeat("（", 10_000):                  audience.TooDeep,
		strings.Repeat("并非", 10_000):                 audience.TooDeep,
		strings.Repeat("没有到期日，且", 5_000):             audience.TooLarge,
		strings.Repeat("长", 50_000):                  audience.TooLarge,
		"门店是 " + strings.Repeat("#1、", 5_000) + "#2": audience.TooMany,
	} {
		_, err := l.Parse(text, places())
		if f := audience.FlawsOf(err); len(f) != 1 || f[0].Mistake != want {
			t.Errorf("%.30s...: %v, expected %s", text, f, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	lexicons := map[string]*audience.Lexicon{"zh-CN": lexicon(f, "zh-CN"), "en": lexicon(f, "en")}
	names := places()
	f.Add("买过 2 次以上，且（信任强于平均 +0.20，或门店是 杭州湖滨店、\"和平店\"#5），且不满足（7 天内到期）")
	f.Add("bought at least 2 times in the last 90 days, and (birthday this week, or tag is A / \"b,c\"), and not (nothing due)")
	f.Add("最近90天消费￥1.25万以上；复购可能>=35.5%,首次下单在2026年5月15日或以后")
	f.Fuzz(func(t *testing.T, text string) {
		for language, l := range lexicons {
			rule, err := l.Parse(text, names)
			for _, flaw := range audience.FlawsOf(err) {
				if flaw.From < 0 || flaw.To < flaw.From || flaw.To > utf8.RuneCountInString(text)+1 {
					t.Errorf("%s: %q: %v", language, text, flaw)
				}
			}
			if err != nil {
				continue
			}
			said := l.Sentence(&rule, names)
			if back, err := l.Parse(said, names); err != nil || !reflect.DeepEqual(back, rule) {
				t.Errorf("%s: %q was said as %q and came back as %q: %v", language, text, said, l.Sentence(&back, names), err)
			}
		}
	})
}

func TestFlawsAreExplainedInTheReadersWords(t *testing.T) {
	l := lexicon(t, "zh-CN")
	_, err := l.Parse("阶段是 冬眠", places())
	said := l.Explain(audience.FlawsOf(err)[0])
	if said["Field"] != "阶段" || said["Value"] != "冬眠" || said["Known"] != "看不出、引入、成长、成熟、衰退、消费流失" {
		t.Errorf("%v", said)
	}
	rule := ask("orders", audience.Last, 3)
	said = l.Explain(audience.FlawsOf(audience.Check(&rule))[0])
	if said["Field"] != "订单数" || !strings.Contains(said["Known"], "买过 … 次以上") || said["Test"] != "last" {
		t.Errorf("%v", said)
	}
}

func BenchmarkParse(b *testing.B) {
	l, names := lexicon(b, "zh-CN"), places()
	const text = "最近 90 天买过 2 次以上，且信任强于平均，且 7 天内到期，且 10 天没有联系，且门店是 杭州湖滨店、杭州武林店，且不在群 福利一群"
	for b.Loop() {
		if _, err := l.Parse(text, names); err != nil {
			b.Fatal(err)
		}
	}
}
