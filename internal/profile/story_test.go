package profile

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
)

// A story is a file of facts about one customer, one a line, and of what the
// state must say afterwards:
//
//	2026-03-01 order_paid o1 199.00
//	want orders=1 days=1 turnover=199.00
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/story/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("stories: %v, %d files", err, len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { tell(t, file) })
	}
}

func tell(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := &Customer{ID: 1}
	wants := 0
	for n, lines := 1, bufio.NewScanner(f); lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "want":
			wants++
			said := say(c)
			for _, want := range words[1:] {
				if key, _, _ := strings.Cut(want, "="); said[key] != strings.TrimPrefix(want, key+"=") {
					t.Errorf("%s:%d: want %s, the state says %s=%s", path, n, want, key, said[key])
				}
			}
		default:
			if err := c.Apply(read(t, words, n)); err != nil {
				t.Fatalf("%s:%d: %v", path, n, err)
			}
		}
	}
	if wants == 0 {
		t.Fatalf("%s wants nothing", path)
	}
}

func read(t *testing.T, words []string, line int) event.Fact {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04", words[0], time.FixedZone("", 8*3600))
	if err != nil {
		if at, err = time.ParseInLocation("2006-01-02", words[0], time.FixedZone("", 8*3600)); err != nil {
			t.Fatalf("line %d: %v", line, err)
		}
		at = at.Add(12 * time.Hour)
	}
	arg := func(i int) string {
		if i+2 < len(words) {
			return words[i+2]
		}
		return ""
	}
	number := func(s string) int64 { n, _ := strconv.ParseInt(strings.Trim(s, "osgct"), 10, 64); return n }
	fen := func(s string) money.Fen {
		v, err := money.Parse(s)
		if err != nil {
			t.Fatalf("line %d: %v", line, err)
		}
		return v
	}
	staff := id.Staff(number(arg(0)))
	bodies := map[string]func() event.Body{
		"relation_added": func() event.Body { return event.RelationAdded{Staff: staff, Half: arg(1) == "half"} },
		"relation_ended": func() event.Body { return event.RelationEnded{Staff: staff, By: event.EndedBy(arg(1))} },
		"order_paid":     func() event.Body { return event.OrderPaid{Order: id.Order(number(arg(0))), Amount: fen(arg(1))} },
		"order_corrected": func() event.Body {
			return event.OrderCorrected{Order: id.Order(number(arg(0))), Amount: fen(arg(1))}
		},
		"order_refunded": func() event.Body { return event.OrderRefunded{Order: id.Order(number(arg(0))), Refunded: fen(arg(1))} },
		"group_joined":   func() event.Body { return event.GroupJoined{Group: id.Group(number(arg(0)))} },
		"group_left":     func() event.Body { return event.GroupLeft{Group: id.Group(number(arg(0)))} },
		"message":        func() event.Body { return event.MessageExchanged{Inbound: arg(0) == "in"} },
		"touch": func() event.Body {
			return event.TouchDelivered{Purpose: event.Purpose(arg(0)), Channel: event.MassSend}
		},
		"marketing_refused": func() event.Body { return event.MarketingRefused{} },
		"marketing_allowed": func() event.Body { return event.MarketingAllowed{} },
		"complaint_opened":  func() event.Body { return event.ComplaintOpened{} },
		"complaint_closed":  func() event.Body { return event.ComplaintClosed{} },
		"opened": func() event.Body {
			return event.ContentOpened{Content: id.Code(number(arg(0))), Touch: number(arg(1))}
		},
		"survey": func() event.Body {
			return event.SurveyAnswered{Survey: id.Code(number(arg(0))), Score: int(number(arg(1))), Touch: number(arg(2))}
		},
		"judged": func() event.Body { return event.RapportJudged{Rapport: event.Rapport(arg(0))} },
		"merged": func() event.Body { return event.CustomerMerged{Into: id.Customer(number(arg(0)))} },
	}
	body, ok := bodies[words[1]]
	if !ok {
		t.Fatalf("line %d: no fact is called %q", line, words[1])
	}
	f, err := event.New(event.Customer(1), at, event.FromConsole, id.Hash(fmt.Sprint(line)), body())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// say renders the state in the words of the stories.
func say(c *Customer) map[string]string {
	day := func(i event.Instant) string {
		if i == 0 {
			return "-"
		}
		return i.Time().In(time.FixedZone("", 8*3600)).Format("2006-01-02")
	}
	groups, started, answered := 0, 0, 0
	for _, m := range c.Groups {
		if m.Until == 0 {
			groups++
		}
	}
	for _, d := range c.Talk.Days {
		if d.Started {
			started++
		}
	}
	for _, x := range c.Touches.Recent {
		if x.Answered != 0 {
			answered++
		}
	}
	score := 0
	if n := len(c.Surveys); n > 0 {
		score = c.Surveys[n-1].Score
	}
	rapport, _ := c.Rapport()
	return map[string]string{
		"surveys": fmt.Sprint(len(c.Surveys)), "score": fmt.Sprint(score), "rapport": string(rapport), "last_fact": day(c.LastFact),
		"related": fmt.Sprint(c.Related()), "staff": fmt.Sprint(len(c.Staff())), "lost": day(c.LostAt()),
		"orders": fmt.Sprint(c.Orders.Count), "days": fmt.Sprint(c.Orders.Days), "turnover": c.Orders.Turnover.Yuan(),
		"net": c.Orders.Net().Yuan(), "first": day(c.Orders.First), "last": day(c.Orders.Last),
		"groups": fmt.Sprint(groups), "in": fmt.Sprint(c.Talk.Inbound), "out": fmt.Sprint(c.Talk.Outbound),
		"started": fmt.Sprint(started), "touches": fmt.Sprint(c.Touches.Count), "answered": fmt.Sprint(answered),
		"refuses": fmt.Sprint(c.RefusesMarketing()), "complains": fmt.Sprint(c.Complains()), "merged": fmt.Sprint(c.MergedInto != 0),
		"opened": fmt.Sprint(c.Openings.Count), "opened_last": day(c.Openings.Last),
	}
}
