package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"siyu/internal/clock"
)

// Right is a group of calls that an app may or may not make; a call without
// its right is answered with 48002.
type Right string

// The rights of an app.
const (
	RightContacts    Right = "contacts"    // members, departments, member tags
	RightCustomers   Right = "customers"   // customers, groups, mass messages, Moments, transfers
	RightMessages    Right = "messages"    // messages to staff
	RightArchive     Right = "archive"     // msgaudit calls
	RightAcquisition Right = "acquisition" // customer-acquisition links
)

// QuotaMode says how many mass messages a customer or a group may receive.
type QuotaMode string

// The quota modes an administrator can choose.
const (
	QuotaMonthDays QuotaMode = "month_days" // per calendar month as many as it has days
	QuotaWeekly    QuotaMode = "weekly"     // 7 per calendar week, Monday first
	QuotaDaily     QuotaMode = "daily"      // 1 per calendar day
)

// App is an app of the corp with its secret. Nil Rights mean every right, nil
// Members and Departments together the whole corp as visible scope. An app
// whose Callback.URL is empty receives no events.
type App struct {
	Name           string
	Secret         string
	AgentID        int
	Rights         []Right
	Members        []string
	Departments    []int
	Callback       Callback
	FullContacts   bool     // created before 2022-06-20: sees mobile, email, gender of members
	TrustedDomains []string // hosts OAuth may redirect to; nil allows every host
}

// Callback is where and under which keys an app receives events.
type Callback struct{ URL, Token, AESKey string }

// Archive configures the message archive. Without On the corp has not bought
// it: exports and msgaudit calls are refused.
type Archive struct {
	On      bool
	Keep    time.Duration // rows older than this are gone; 0 means the platform's 5 days, negative keeps all
	Members []string      // whose chats are archived; nil means everybody's
}

// Config describes a platform. The zero value is a usable corp with one app
// and made-up credentials on the system clock.
type Config struct {
	Corp  string
	Apps  []App // the first one is the main app
	Clock clock.Clock
	// Wire is the clock of what passes between two programs: tokens, codes,
	// rate limits, signatures, media. It is Clock if nil; where Clock runs at
	// days per second, clients still live in real time.
	Wire        clock.Clock
	Seed        uint64
	Limits      Limits
	Quota       QuotaMode
	ListLag     time.Duration // how long mass messages and Moments stay invisible in their lists
	DispatchLag time.Duration // how long a mass message is being handed to members (41063), who do not see it yet
	GroupLag    time.Duration // how long group data trails behind its event
	WelcomeTime time.Duration // how long a welcome message counts as "being sent" (41096)
	MomentJob   time.Duration // time of each step of a Moment job, 1 s if 0
	Push        Push
	Faults      Faults
	Archive     Archive
	IPs         []string // trusted IPs; nil trusts all
	PublicURL   string   // own address for links to pictures and pages
	// ConsoleWelcome lists members for whom the admin console has a welcome
	// message, so that no app receives a welcome code for them.
	ConsoleWelcome []string
}

// Platform is one WeCom corp in memory. All methods are safe for concurrent
// use.
type Platform struct {
	cfg    Config
	clock  clock.Clock
	wire   clock.Clock
	routes map[string]route
	page   *http.ServeMux
	push   *pusher
	gate   gate

	mu      sync.Mutex
	rng     *rand.Rand
	apps    []*app
	counter uint64

	org       directory
	people    addressBook
	tags      tagBook
	ways      wayBook
	welcomes  welcomeBook
	groups    groupBook
	chats     chatLog
	mass      massBook
	moments   momentBook
	transfers transferBook
	shelf     productBook
	intercept interceptBook
	media     mediaBook
	links     acquisitionBook
	staffMail staffMailBook
	ruleSets  ruleBook
	login     loginBook
	tokens    tokenBook
	limiter   limiter
	ledger    ledger
	daily     map[dayKey]*dayCount
}

// app is an App as the platform keeps it.
type app struct {
	App
	index   int
	rights  map[Right]bool
	members map[string]bool
	depts   map[int]bool
}

// New returns a platform without people. The error says which part of the
// configuration is wrong.
func New(cfg Config) (*Platform, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Wire == nil {
		cfg.Wire = cfg.Clock
	}
	if cfg.Quota == "" {
		cfg.Quota = QuotaMonthDays
	}
	p := &Platform{
		cfg:   cfg,
		clock: cfg.Clock,
		wire:  cfg.Wire,
		rng:   rand.New(rand.NewPCG(cfg.Seed, seedStream)),
		daily: map[dayKey]*dayCount{},
	}
	p.makeBooks()
	if err := p.makeApps(); err != nil {
		return nil, err
	}
	p.push = newPusher(p)
	p.routes = routeTable()
	p.page = p.pages()
	return p, nil
}

// seedStream separates the simulator's random numbers from those of others
// who use the same seed.
const seedStream = 0x7765636f6d

func (p *Platform) makeBooks() {
	p.org = newDirectory()
	p.people = newAddressBook()
	p.tags = newTagBook()
	p.ways = newWayBook()
	p.welcomes = newWelcomeBook()
	p.groups = newGroupBook()
	p.chats = newChatLog()
	p.mass = newMassBook()
	p.moments = newMomentBook()
	p.transfers = newTransferBook()
	p.shelf = newProductBook()
	p.intercept = newInterceptBook()
	p.media = newMediaBook()
	p.links = newAcquisitionBook()
	p.staffMail = newStaffMailBook()
	p.ruleSets = newRuleBook()
	p.login = newLoginBook()
	p.tokens = newTokenBook()
	p.limiter = newLimiter(p.cfg.Limits)
	p.gate.set(p.cfg.Limits)
}

// Now returns the platform's time.
func (p *Platform) Now() time.Time { return p.clock.Now() }

// Tick carries out what has become due since the last call or act (transfers
// take effect 24 h after they were started). Callers of a virtual clock call
// it after moving the clock; every call and act does it too.
func (p *Platform) Tick() { _ = p.do(func() error { return nil }) }

// do runs f alone on the platform's state and afterwards tells the listeners
// what was delivered, outside the lock so that they may act themselves.
func (p *Platform) do(f func() error) error {
	p.mu.Lock()
	p.settleTransfers(p.clock.Now())
	err := f()
	fresh, listeners := p.ledger.takeFresh()
	p.mu.Unlock()
	for _, d := range fresh {
		for _, listen := range listeners {
			listen(d)
		}
	}
	return err
}

// sees reports whether a member is in the app's visible scope.
func (p *Platform) sees(a *app, m *member) bool {
	if m == nil {
		return false
	}
	if a == nil || (a.members == nil && a.depts == nil) || a.members[m.UserID] {
		return true
	}
	for _, d := range m.Departments {
		if p.org.within(d, a.depts) {
			return true
		}
	}
	return false
}

// nextID returns a new platform id with the prefix; ids of one seed are the
// same in every run.
func (p *Platform) nextID(prefix string) string {
	p.counter++
	return prefix + p.randomText(idLength-len(prefix)-counterLength) + fmt.Sprintf("%0*X", counterLength, p.counter)
}

const (
	idLength      = 32
	counterLength = 7
)

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func (p *Platform) randomText(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[p.rng.IntN(len(letters))]
	}
	return string(b)
}
