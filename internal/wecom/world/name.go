package world

import (
	"fmt"
	"math/rand/v2"
)

// Family names by frequency and given-name syllables; the people of the demo
// are combinations of these and nobody in particular.
const (
	familyNames = "王王王李李李张张张刘刘陈陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
	firstGiven  = "子雨梓浩欣宇思佳嘉晨诗俊怡文志雪明晓雅建丽国春海秀玉婷永红艳桂金小美凤丹静慧敏燕荣世立天若一亦书乐安语沐景清知"
	secondGiven = "涵轩怡然琪辰萱宁航彤悦泽瑶洋妍博琳杰颖翔雯凯莹峰蕾鹏倩超娜磊洁军芳强霞勇玲伟梅平兰华英辉珍斌娟刚萍涛菊波燕飞云龙香"
	petPrefixes = "小阿老大"
	petWords    = "鱼猫鹿茶豆橙梨米糖星月云风叶竹梅喵咖布丁柚棠栗雀舟"
)

// words are the syllables as runes, made once for a world.
type words struct{ family, first, second, prefix, pet []rune }

func newWords() words {
	return words{[]rune(familyNames), []rune(firstGiven), []rune(secondGiven), []rune(petPrefixes), []rune(petWords)}
}

// name returns a WeChat display name: mostly a real-looking name, sometimes a
// nickname.
func (w words) name(r *rand.Rand) string {
	one := func(from []rune) string { return string(from[r.IntN(len(from))]) }
	switch {
	case r.Float64() < 0.25:
		return one(w.prefix) + one(w.pet) + one(w.pet)
	case r.Float64() < 0.2:
		return one(w.family) + one(w.second)
	default:
		return one(w.family) + one(w.first) + one(w.second)
	}
}

// phone returns a mobile number that is unique for the serial below ten
// million, in a prefix that real numbers also use.
func phone(serial int) string {
	const stride, room = 7_368_787, 10_000_000 // coprime, so serials never meet
	prefixes := []string{"136", "138", "139", "150", "158", "186", "188"}
	return fmt.Sprintf("%s%d%07d", prefixes[serial%len(prefixes)], 1+serial%9, (serial*stride)%room)
}

// unionID returns what the WeChat Open Platform would call the person.
func unionID(key uint64) string { return fmt.Sprintf("o6_%016x%08x", key, uint32(mix(key))) }
