package world

// BrandName is the demo brand, a tea-and-coffee chain that does not exist.
const BrandName = "栖山茶咖"

// HQ is the department above all stores.
const HQ = "总部"

// Brand is what everybody may know about the demo brand.
type Brand struct {
	Name     string
	Stores   []Store
	Staff    []Staff
	Lines    []Line
	Products []Product
	Sources  []Source
	Groups   []GroupPlan
}

// Store is one shop and one WeCom department.
type Store struct {
	Name      string
	City      string
	Area      string
	Franchise bool
}

// Role is what a member of staff does.
type Role string

// The roles of the demo brand.
const (
	RoleLead     Role = "lead"
	RoleArea     Role = "area"
	RoleOperator Role = "operator"
	RoleService  Role = "service"
	RoleContent  Role = "content"
	RoleManager  Role = "manager" // of a store
	RoleGuide    Role = "guide"
)

// Staff is a member of staff.
type Staff struct {
	UserID string
	Name   string
	Role   Role
	Store  int // index in Stores, -1 for headquarters
}

// Line is a product line with the cycle at which it is used up.
type Line struct {
	Code      string
	Name      string
	CycleDays float64
}

// Product is something on the shelf; amounts in fen.
type Product struct {
	SKU   string
	Name  string
	Line  int // index in Lines
	Price int64
	Cost  int64
}

// Margin returns what is left of the price after the cost of goods, in fen.
func (p Product) Margin() int64 { return p.Price - p.Cost }

// Source is a way customers come in; its Code begins the state of its contact
// ways. The other fields are the hidden quality of who comes that way.
type Source struct {
	Code     string
	Name     string
	AddWay   int  // WeCom's add_way
	PerStore bool // one contact way for each store, otherwise one for the brand
	Verify   bool // the member has to accept who comes this way

	share  float64 // of all who come
	trust  float64 // mean disposition
	hunter float64 // share who came for the gift
	buys   float64 // share who buy on the day they come
}

// State returns the contact-way state of a source at a store, store -1 for
// the brand: at most 30 characters, as WeCom wants.
func (s Source) State(store int) string {
	if store < 0 {
		return s.Code
	}
	return s.Code + "-s" + string(rune('0'+(store+1)/10)) + string(rune('0'+(store+1)%10))
}

// GroupKind is why people are in a group.
type GroupKind string

// The kinds of group of the demo brand.
const (
	DealGroup     GroupKind = "deal"
	InterestGroup GroupKind = "interest"
	LearningGroup GroupKind = "learning"
	VIPGroup      GroupKind = "vip"
	FlashGroup    GroupKind = "flash"
)

// GroupPlan is a group the brand runs.
type GroupPlan struct {
	Name  string
	Kind  GroupKind
	Store int
	Owner int // index in Staff
	Opens int // days after the history begins
	// spirit is how lively the group starts; fading is what it loses a day.
	spirit, fading float64
}

// DemoBrand returns the brand; it is the same whatever the seed.
func DemoBrand() Brand {
	b := Brand{Name: BrandName, Stores: stores(), Lines: lines(), Products: products(), Sources: sources()}
	b.Staff = staff(b.Stores)
	b.Groups = groups(b)
	return b
}

func stores() []Store {
	return []Store{
		{Name: "杭州西湖店", City: "杭州", Area: "浙江"},
		{Name: "杭州武林店", City: "杭州", Area: "浙江"},
		{Name: "杭州滨江店", City: "杭州", Area: "浙江"},
		{Name: "宁波天一店", City: "宁波", Area: "浙江"},
		{Name: "苏州观前店", City: "苏州", Area: "江苏"},
		{Name: "苏州园区店", City: "苏州", Area: "江苏"},
		{Name: "南京新街口店", City: "南京", Area: "江苏"},
		{Name: "无锡三阳店", City: "无锡", Area: "江苏"},
		{Name: "绍兴迪荡店", City: "绍兴", Area: "浙江", Franchise: true},
		{Name: "嘉兴南湖店", City: "嘉兴", Area: "浙江", Franchise: true},
		{Name: "常州南大街店", City: "常州", Area: "江苏", Franchise: true},
		{Name: "扬州东关店", City: "扬州", Area: "江苏", Franchise: true},
	}
}

func lines() []Line {
	return []Line{
		{"tea", "茶叶", 38},
		{"coffee", "咖啡豆", 24},
		{"ware", "器具礼盒", 180},
	}
}

func products() []Product {
	return []Product{
		{"T-LJ-100", "明前龙井 100g", 0, 16800, 6200},
		{"T-ML-080", "茉莉飞雪 80g", 0, 8800, 2900},
		{"T-DH-090", "大红袍 90g", 0, 12800, 4400},
		{"T-BC-100", "福鼎白茶 100g", 0, 9800, 3300},
		{"T-LB-030", "冷泡茶包 30袋", 0, 5900, 1800},
		{"C-YJ-250", "耶加雪菲咖啡豆 250g", 1, 8800, 3500},
		{"C-YN-250", "云南日晒咖啡豆 250g", 1, 6800, 2400},
		{"C-PP-454", "拼配意式咖啡豆 454g", 1, 9900, 3900},
		{"C-GE-012", "挂耳咖啡 12包", 1, 5600, 1900},
		{"W-GW-001", "手作盖碗", 2, 12900, 4800},
		{"W-SC-001", "手冲壶套装", 2, 25900, 10800},
		{"W-LH-001", "节令茶礼盒", 2, 29900, 11900},
		{"W-SB-001", "随行杯", 2, 9900, 3600},
	}
}

// sources differ in whom they bring: a gift for forwarding brings gift
// hunters, a counter brings people who have seen the shop.
func sources() []Source {
	return []Source{
		{"counter", "门店柜台码", 1, true, false, .38, .50, .02, .70},
		{"table", "堂食桌贴码", 1, true, false, .14, .45, .03, .45},
		{"parcel", "包裹卡", 1, false, false, .14, .48, .02, .95},
		{"live", "直播间", 10, false, true, .10, .38, .10, .20},
		{"video", "视频号主页", 10, false, true, .08, .40, .06, .15},
		{"gift", "裂变礼品", 16, false, false, .10, .20, .55, .04},
		{"refer", "老客转介绍", 3, false, false, .06, .58, .02, .35},
	}
}

// referSource is the index of the source through which referrals come.
const referSource = 6
