package simulator

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/fault"
)

// Act is one line of a script: what happens, and when after the start.
type Act struct {
	After time.Duration
	Line  int
	do    func(*Platform) error
}

// run carries out the act; its error names the line.
func (a Act) run(p *Platform) error {
	err := a.do(p)
	if err != nil && a.Line > 0 {
		return fmt.Errorf("script line %d: %w", a.Line, err)
	}
	return err
}

// words are the arguments of a verb: those by position and those by name.
type words struct {
	at    []string
	named map[string]string
}

func (w words) number(name string, fallback int) (int, error) {
	text, ok := w.named[name]
	if !ok {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.New(fault.Invalid, "%s=%s: a number was expected", name, text)
	}
	return n, nil
}

// verb is one thing a script can say. usage names the arguments: the ones in
// capitals must be there.
type verb struct {
	usage string
	do    func(*Platform, words) error
}

func (v verb) args() int {
	n := 0
	for _, part := range strings.Fields(v.usage) {
		if part == strings.ToUpper(part) && !strings.Contains(part, "=") {
			n++
		}
	}
	return n
}

// ReadScript reads a script (the package comment describes the form) and
// returns its acts in order of time. The error names the line and what was
// expected there.
func ReadScript(r io.Reader) ([]Act, error) {
	var acts []Act
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		act, err := parseLine(fields)
		if err != nil {
			return nil, fault.New(fault.Invalid, "script line %d: %w", n, err)
		}
		act.Line = n
		acts = append(acts, act)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the script: %w", err)
	}
	slices.SortStableFunc(acts, func(a, b Act) int { return int(a.After - b.After) })
	return acts, nil
}

func parseLine(fields []string) (Act, error) {
	if fields[0] != "at" {
		return parseAct(fields)
	}
	if len(fields) < 3 {
		return Act{}, fault.New(fault.Invalid, "expected: at +DURATION VERB ...")
	}
	after, err := time.ParseDuration(strings.TrimPrefix(fields[1], "+"))
	if err != nil || after < 0 || !strings.HasPrefix(fields[1], "+") {
		return Act{}, fault.New(fault.Invalid, "%q: a time after the start was expected, such as +10s or +24h", fields[1])
	}
	act, err := parseAct(fields[2:])
	act.After = after
	return act, err
}

func parseAct(fields []string) (Act, error) {
	if len(fields) == 0 {
		return Act{}, fault.New(fault.Invalid, "a verb was expected")
	}
	v, ok := verbs()[fields[0]]
	if !ok {
		return Act{}, fault.New(fault.Invalid, "%q is no verb; expected one of %s", fields[0], strings.Join(verbNames(), ", "))
	}
	w := words{named: map[string]string{}}
	for _, f := range fields[1:] {
		if name, value, ok := strings.Cut(f, "="); ok {
			w.named[name] = value
		} else {
			w.at = append(w.at, f)
		}
	}
	if len(w.at) < v.args() {
		return Act{}, fault.New(fault.Invalid, "expected: %s %s", fields[0], v.usage)
	}
	return Act{do: func(p *Platform) error { return v.do(p, w) }}, nil
}

func verbNames() []string {
	var names []string
	for name := range verbs() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func verbs() map[string]verb {
	all := map[string]verb{}
	for _, add := range []func(map[string]verb){peopleVerbs, pairVerbs, groupVerbs, platformVerbs} {
		add(all)
	}
	return all
}

func peopleVerbs(v map[string]verb) {
	v["add_department"] = verb{"ID parent=1 name=", func(p *Platform, w words) error {
		parent, err := w.number("parent", RootDepartment)
		if err != nil {
			return err
		}
		return p.People().AddDepartment(Department{ID: atoi(w.at[0]), Parent: parent, Name: w.named["name"]})
	}}
	v["add_member"] = verb{"USERID name= department=1", func(p *Platform, w words) error {
		dept, err := w.number("department", RootDepartment)
		if err != nil {
			return err
		}
		return p.People().AddMember(Member{UserID: w.at[0], Name: orElse(w.named["name"], w.at[0]), Departments: []int{dept}})
	}}
	v["disable_member"] = verb{"USERID", func(p *Platform, w words) error { return p.People().DisableMember(w.at[0]) }}
	v["enable_member"] = verb{"USERID", func(p *Platform, w words) error { return p.People().EnableMember(w.at[0]) }}
	v["member_leaves"] = verb{"USERID", func(p *Platform, w words) error { return p.People().MemberLeaves(w.at[0]) }}
	v["add_external"] = verb{"EXTERNAL name= unionid= gender=0 type=1", func(p *Platform, w words) error {
		gender, err := w.number("gender", 0)
		if err != nil {
			return err
		}
		kind, err := w.number("type", ExternalWeChat)
		if err != nil {
			return err
		}
		_, err = p.People().AddExternal(Profile{
			ExternalUserID: w.at[0], Name: orElse(w.named["name"], w.at[0]), UnionID: w.named["unionid"], Gender: gender, Type: kind,
		})
		return err
	}}
}

// friendship reads USERID EXTERNAL way= state= and makes the two people if
// they do not exist yet, so that a script of one line does something.
func friendship(p *Platform, w words) (Friendship, error) {
	way, err := w.number("way", AddWayScan)
	if err != nil {
		return Friendship{}, err
	}
	p.mu.Lock()
	newMember, newPerson := p.org.members[w.at[0]] == nil, p.people.byID[w.at[1]] == nil
	p.mu.Unlock()
	if newMember {
		err = p.People().AddMember(Member{UserID: w.at[0], Name: w.at[0]})
	}
	if newPerson && err == nil {
		_, err = p.People().AddExternal(Profile{ExternalUserID: w.at[1], Name: w.at[1]})
	}
	return Friendship{UserID: w.at[0], ExternalUserID: w.at[1], AddWay: way, State: w.named["state"]}, err
}

func pairVerbs(v map[string]verb) {
	v["add_relation"] = verb{"USERID EXTERNAL way=1 state=", func(p *Platform, w words) error {
		f, err := friendship(p, w)
		if err != nil {
			return err
		}
		return p.People().AddRelation(f)
	}}
	v["half_add"] = verb{"USERID EXTERNAL way=1 state=", func(p *Platform, w words) error {
		f, err := friendship(p, w)
		if err != nil {
			return err
		}
		return p.People().HalfAdd(f)
	}}
	v["confirm_half"] = verb{"USERID EXTERNAL", func(p *Platform, w words) error { return p.People().ConfirmHalf(w.at[0], w.at[1]) }}
	v["delete_by_member"] = verb{"USERID EXTERNAL", func(p *Platform, w words) error { return p.People().DeleteByMember(w.at[0], w.at[1]) }}
	v["delete_in_bulk"] = verb{"USERID most=20", func(p *Platform, w words) error {
		most, err := w.number("most", 20)
		if err == nil {
			_, err = p.People().DeleteInBulk(w.at[0], most)
		}
		return err
	}}
	v["delete_by_customer"] = verb{"USERID EXTERNAL", func(p *Platform, w words) error { return p.People().DeleteByCustomer(w.at[0], w.at[1]) }}
	v["remark"] = verb{"USERID EXTERNAL TEXT", func(p *Platform, w words) error {
		return p.People().SetRemark(w.at[0], w.at[1], Remark{Remark: &w.at[2]})
	}}
	v["tag"] = verb{"USERID EXTERNAL TAGID", func(p *Platform, w words) error {
		return p.People().TagInClient(w.at[0], w.at[1], []string{w.at[2]}, nil)
	}}
	v["chat"] = verb{"FROM [to] room= kind=text length=10 text=", func(p *Platform, w words) error {
		length, err := w.number("length", 10)
		if err != nil {
			return err
		}
		m := Message{From: w.at[0], Room: w.named["room"], Kind: orElse(w.named["kind"], "text"), Length: length, Text: w.named["text"]}
		if m.Room == "" && len(w.at) < 2 {
			return fault.New(fault.Invalid, "chat needs a receiver or room=")
		}
		if m.Room == "" {
			m.To = w.at[1]
		}
		_, err = p.People().ChatMessage(m)
		return err
	}}
	v["scan"] = verb{"EXTERNAL CONFIGID", func(p *Platform, w words) error { return p.scanCode(w.at[0], w.at[1]) }}
	v["refuse_transfer"] = verb{"EXTERNAL", func(p *Platform, w words) error { return p.People().RefuseTransfer(w.at[0]) }}
	v["accept_transfer"] = verb{"EXTERNAL", func(p *Platform, w words) error { return p.People().AcceptTransfer(w.at[0]) }}
	v["agree_archive"] = verb{"USERID EXTERNAL", func(p *Platform, w words) error { return p.People().AgreeArchive(w.at[0], w.at[1]) }}
}

func groupVerbs(v map[string]verb) {
	v["create_group"] = verb{"CHATID OWNER name=", func(p *Platform, w words) error {
		_, err := p.People().CreateGroup(NewGroup{ChatID: w.at[0], Owner: w.at[1], Name: orElse(w.named["name"], w.at[0])})
		return err
	}}
	v["join_group"] = verb{"CHATID WHO scene=1", func(p *Platform, w words) error {
		scene, err := w.number("scene", JoinInvited)
		if err != nil {
			return err
		}
		_, err = p.People().JoinGroup(Join{ChatID: w.at[0], Who: w.at[1], Scene: scene})
		return err
	}}
	v["leave_group"] = verb{"CHATID WHO", func(p *Platform, w words) error { return p.People().LeaveGroup(w.at[0], w.at[1]) }}
	v["remove_from_group"] = verb{"CHATID WHO", func(p *Platform, w words) error { return p.People().RemoveFromGroup(w.at[0], w.at[1]) }}
	v["rename_group"] = verb{"CHATID NAME", func(p *Platform, w words) error { return p.People().RenameGroup(w.at[0], w.at[1]) }}
	v["change_owner"] = verb{"CHATID USERID", func(p *Platform, w words) error { return p.People().ChangeOwner(w.at[0], w.at[1]) }}
	v["dismiss_group"] = verb{"CHATID", func(p *Platform, w words) error { return p.People().DismissGroup(w.at[0]) }}
}

func platformVerbs(v map[string]verb) {
	v["create_tag"] = verb{"GROUP NAME", func(p *Platform, w words) error {
		_, err := p.People().CreateTag(w.at[0], w.at[1])
		return err
	}}
	v["confirm"] = verb{"USERID [id]", confirmVerb}
	v["expire_tokens"] = verb{"", func(p *Platform, _ words) error { p.ExpireTokens(); return nil }}
	v["lose_events"] = verb{"N", func(p *Platform, w words) error { p.LoseNext(atoi(w.at[0])); return nil }}
}

// confirmVerb confirms one task of the member, or everything that waits.
func confirmVerb(p *Platform, w words) error {
	if len(w.at) > 1 {
		return p.confirm(w.at[0], w.at[1])
	}
	for _, t := range append(p.PendingTasks(w.at[0]), p.PendingMoments(w.at[0])...) {
		if err := p.confirm(w.at[0], t.ID); err != nil {
			return err
		}
	}
	return nil
}
