package export

// Fields of a customer in a list of members.
const (
	Phone         Field = "phone"
	Name          Field = "name"
	Birthday      Field = "birthday"
	City          Field = "city"
	Level         Field = "level"
	Campaign      Field = "campaign"
	ReferrerPhone Field = "referrer_phone"
	Joined        Field = "joined_at"
	Tags          Field = "tags"
)

// CustomerSchema returns what imports of customers read.
func CustomerSchema() Schema { return Schema{customerFields, customerAliases} }

var customerFields = []Field{Phone, Name, Birthday, City, Level, Campaign, ReferrerPhone, Joined, Tags}

var customerAliases = map[Field][]string{
	Phone:         {"客户手机号", "会员手机号", "买家手机号", "手机号", "手机号码", "手机", "联系手机", "会员手机", "联系电话", "电话"},
	Name:          {"客户姓名", "会员姓名", "姓名", "客户昵称", "会员昵称", "昵称"},
	Birthday:      {"客户生日", "会员生日", "生日", "出生日期"},
	City:          {"城市", "所在城市", "市", "所属区域", "微信地域", "地区"},
	Level:         {"会员等级", "付费等级", "免费等级", "等级", "会员级别"},
	Campaign:      {"活动名称", "首次来源", "来源活动", "来源渠道", "来源方式", "会员来源", "客户来源", "渠道", "来源"},
	ReferrerPhone: {"推荐人手机号", "邀请人手机号", "介绍人手机号", "推荐人手机", "邀请人手机", "介绍人手机", "推荐人", "邀请人", "介绍人"},
	Joined:        {"成为会员时间", "入会时间", "注册时间", "成为客户时间", "开卡时间", "创建时间"},
	Tags:          {"标签", "客户标签", "会员标签"},
}
