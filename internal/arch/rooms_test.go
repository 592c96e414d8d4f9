package arch

// room is one line of the house: what it is for and which rooms it may use.
// A room may import only rooms that stand above it in the table.
type room struct {
	name    string
	purpose string
	pure    bool // no clock, SQL, network, files or log
	imports string
}

// house is the law. To change it, write a decision record that says why.
var house = []room{
	{"id", "names of things", true, ""},
	{"money", "amounts in fen", true, ""},
	{"clock", "the only source of time", false, ""},
	{"fault", "error codes that edges act on", true, ""},
	{"stats", "mathematics that knows no customer", true, ""},
	{"sheet", "csv and xlsx in and out", false, "fault"},
	{"org", "brand, corps, stores, staff, scope", true, "id money fault"},
	{"catalog", "product lines, cycles, margins", true, "id money fault"},
	{"event", "the vocabulary of facts", true, "id money"},
	{"content", "what is said: texts by purpose", true, "event id money fault"},
	{"eventlog", "append-only log of facts", false, "event id clock fault"},
	{"vault", "personal data: sealed, erasable, outside the log", false, "event id clock fault"},
	{"account", "console users, sessions, keys", false, "id clock fault"},
	{"wecom", "the only door to WeCom; simulator and its people", false, "id clock fault"},
	{"connector", "foreign messages and files become facts", false, "event eventlog vault wecom sheet org catalog content id money clock fault"},
	{"profile", "state = fold(facts)", true, "event id money"},
	{"insight", "what the state means", true, "profile event org catalog content stats id money"},
	{"audience", "segments, one rule language", true, "insight profile event org id money fault"},
	{"decision", "what should be done, what is withheld and why", true, "insight audience profile event org catalog content stats id money"},
	{"delivery", "decisions become WeCom tasks, through one gate, never twice", false, "decision content event eventlog vault wecom org profile insight id money clock fault"},
	{"measurement", "what it was worth against people left alone", true, "event profile insight decision catalog stats org id money"},
	{"job", "background work with progress, leases and retries", false, "id clock fault"},
	{"flow", "one turn of the mill", false, "event eventlog vault wecom connector profile insight audience decision delivery measurement org catalog content stats id money clock fault"},
	{"storage", "SQLite and PostgreSQL behind the rooms' own interfaces", false, "*"},
	{"web", "the console", false, "account profile insight audience decision measurement event org catalog content vault sheet id money clock fault"},
	{"app", "wiring, configuration, timetable", false, "*"},
}

// doors says in which rooms, and nowhere else, a foreign package may be used.
var doors = map[string]string{
	"database/sql":                 "storage",
	"modernc.org/sqlite":           "storage",
	"github.com/jackc/pgx":         "storage",
	"github.com/pressly/goose":     "storage",
	"gonum.org/v1/gonum":           "stats insight",
	"html/template":                "web",
	"github.com/xuri/excelize":     "sheet",
	"github.com/nicksnyder":        "web",
	"golang.org/x/crypto":          "account",
	"golang.org/x/image":           "vault",
	"golang.org/x/text":            "sheet wecom web",
	"golang.org/x/sync":            "app connector flow storage",
	"golang.org/x/sys":             "storage",
	"golang.org/x/net":             "",
	"go.yaml.in/yaml":              "decision",
	"github.com/xen0n/go-workwx":   "",
	"github.com/chromedp":          "",
	"pgregory.net/rapid":           "",
	"github.com/alecthomas/kong":   "app",
	"github.com/fxamacker/cbor":    "storage",
	"github.com/silenceper/wechat": "",
}

// impure lists what a pure room must not import.
var impure = []string{"os", "net", "net/http", "log", "log/slog", "database/sql", "math/rand", "io/ioutil", "syscall", "time/tzdata"}

// limits keep the house readable; see docs/decision/0001-house.md.
const (
	maxFile      = 500
	maxTestFile  = 800
	maxFunction  = 80
	maxParams    = 5
	maxInterface = 8
)

// exceptions to the limits, each with the reason it may stay.
var exceptions = map[string]string{}
