package simulator

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/fault"
)

const (
	archiveLife      = 5 * 24 * time.Hour
	archivePage      = 1000
	maxAgreeRequests = 100
	notifyPause      = 15 * time.Second
)

func archiveRoutes(t map[string]route) {
	const path = "/cgi-bin/msgaudit/"
	t[path+"get_permit_user_list"] = post(RightArchive, permitList)
	t[path+"check_single_agree"] = post(RightArchive, checkSingleAgree)
	t[path+"check_room_agree"] = post(RightArchive, checkRoomAgree)
	t[path+"groupchat/get"] = post(RightArchive, internalGroup)
}

// SetArchive switches the archive on or off.
func (p *Platform) SetArchive(a Archive) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Archive = a
}

func (p *Platform) switchArchive(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Archive.On = on
}

func (p *Platform) archived(m *member) bool {
	a := p.cfg.Archive
	return a.On && m != nil && (a.Members == nil || slices.Contains(a.Members, m.UserID))
}

func (c *call) needArchive() error {
	if !c.cfg.Archive.On {
		return refuse(codeNoArchive, "message archive is not opened")
	}
	return nil
}

type archiveRequest struct {
	Type int    `json:"type"`
	Room string `json:"roomid"`
	Info []struct {
		UserID   string `json:"userid"`
		External string `json:"exteranalopenid"`
	} `json:"info"`
}

func permitList(c *call, _ archiveRequest) (any, error) {
	if err := c.needArchive(); err != nil {
		return nil, err
	}
	ids := []string{}
	for _, m := range c.org.order {
		if c.archived(m) && m.status == MemberActive {
			ids = append(ids, m.UserID)
		}
	}
	return map[string]any{"ids": ids}, nil
}

func checkSingleAgree(c *call, q archiveRequest) (any, error) {
	if err := c.needArchive(); err != nil {
		return nil, err
	}
	if len(q.Info) > maxAgreeRequests {
		return nil, refuse(codeTooManyAgreeRequests, "more than 100 pairs")
	}
	rows := []any{}
	for _, pair := range q.Info {
		e := c.people.byID[pair.External]
		if e == nil || c.org.members[pair.UserID] == nil {
			return nil, refuse(codeUnknownParties, "unknown userid or exteranalopenid")
		}
		row := e.agreement()
		row["userid"] = pair.UserID
		rows = append(rows, row)
	}
	return map[string]any{"agreeinfo": rows}, nil
}

func (e *external) agreement() map[string]any {
	status := "Agree"
	if e.disagree {
		status = "Disagree"
	}
	return map[string]any{"exteranalopenid": e.ExternalUserID, "agree_status": status, "status_change_time": e.agreedAt.Unix()}
}

func checkRoomAgree(c *call, q archiveRequest) (any, error) {
	if err := c.needArchive(); err != nil {
		return nil, err
	}
	g, err := c.seenGroup(q.Room)
	if err != nil {
		return nil, err
	}
	rows := []any{}
	for _, m := range g.members {
		if e := c.people.byID[m.id]; e != nil {
			rows = append(rows, e.agreement())
		}
	}
	return map[string]any{"agreeinfo": rows}, nil
}

// internalGroup always refuses: the corp of the simulator has customer groups
// only, and the call is for internal ones.
func internalGroup(c *call, _ archiveRequest) (any, error) {
	if err := c.needArchive(); err != nil {
		return nil, err
	}
	return nil, refuse(codeNotCustomerGroup, "not an internal group")
}

// AgreeArchive lets a customer agree to being archived by the member; other
// customers count as agreeing by default. RefuseArchive withdraws it.
func (h People) AgreeArchive(userID, externalUserID string) error {
	return h.onPair(userID, externalUserID, func(p *Platform, rel *relation) error {
		rel.ext.disagree, rel.ext.agreedAt = false, h.when()
		h.emit(p, pairEvent("msg_audit_approved", rel))
		return nil
	})
}

// RefuseArchive lets a customer refuse: their messages are not archived.
func (h People) RefuseArchive(externalUserID string) error {
	return h.act(func(p *Platform) error {
		e, err := p.people.of(externalUserID)
		if err != nil {
			return err
		}
		e.disagree, e.agreedAt = true, h.when()
		return nil
	})
}

// announceArchive tells apps, at most every 15 s, that there are new messages.
func (p *Platform) announceArchive(h People) {
	if h.silent || !p.cfg.Archive.On || h.when().Sub(p.chats.announced) < notifyPause {
		return
	}
	p.chats.announced = h.when()
	for _, a := range p.apps {
		if a.may(RightArchive) {
			h.emit(p, event{name: "msgaudit_notify", right: RightArchive, fields: []field{number("AgentID", a.AgentID)}})
			return
		}
	}
}

// exportArchive serves GET /simulator/archive?seq=&limit=: JSON lines of the
// decrypted messages after seq, as an exporter beside the C SDK would give
// them. Without archive it answers 404.
func (p *Platform) exportArchive(w http.ResponseWriter, r *http.Request) {
	seq, _ := strconv.ParseUint(r.URL.Query().Get("seq"), 10, 32)
	limit := pageSize(atoi(r.URL.Query().Get("limit")), archivePage, archivePage)
	rows, ok := p.archiveRows(int(seq), limit)
	if !ok {
		http.Error(w, `{"errcode":301053,"errmsg":"message archive is not opened"}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	out := json.NewEncoder(w)
	for _, row := range rows {
		_ = out.Encode(row)
	}
}

// archiveRows returns up to limit rows after seq; false without archive.
func (p *Platform) archiveRows(seq, limit int) ([]map[string]any, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.cfg.Archive.On {
		return nil, false
	}
	var rows []map[string]any
	oldest := p.oldestArchived()
	for i := seq; i < len(p.chats.entries) && len(rows) < limit; i++ {
		if e := p.chats.entries[i]; e.at >= oldest && p.archivedEntry(e) {
			rows = append(rows, p.archiveRow(uint32(i+1), e))
		}
	}
	return rows, true
}

func (p *Platform) oldestArchived() int64 {
	keep := orNumber(p.cfg.Archive.Keep, archiveLife)
	if keep < 0 {
		return 0
	}
	return p.clock.Now().Add(-keep).UnixMilli()
}

// archivedEntry reports whether the platform records the message: a permitted
// member takes part and no customer in a single chat refuses.
func (p *Platform) archivedEntry(e entry) bool {
	if e.room != 0 {
		for _, m := range p.groups.order[e.room-1].members {
			if m.staff && p.archived(p.org.members[m.id]) {
				return true
			}
		}
		return false
	}
	for _, who := range []party{e.from, e.to} {
		if who&externalBit != 0 && p.people.order[who&^externalBit].disagree {
			return false
		}
		if who&externalBit == 0 && !p.archived(p.org.order[who]) {
			return false
		}
	}
	return true
}

// archiveRow is the decrypted message with its seq in front.
func (p *Platform) archiveRow(seq uint32, e entry) map[string]any {
	kind := p.chats.kinds[e.kind]
	row := map[string]any{
		"seq": seq, "msgid": archiveID(seq), "action": "send", "from": p.nameOf(e.from), "tolist": []string{},
		"roomid": "", "msgtime": e.at, "msgtype": kind,
	}
	if e.room == 0 {
		row["tolist"] = []string{p.nameOf(e.to)}
	} else {
		g := p.groups.order[e.room-1]
		row["roomid"], row["tolist"] = g.id, g.others(p.nameOf(e.from))
	}
	if kind == "revoke" {
		row["action"] = "recall"
	}
	row[bodyName(kind)] = p.archiveBody(seq, kind, e)
	return row
}

func (g *group) others(sender string) []string {
	ids := []string{}
	for _, m := range g.members {
		if m.id != sender {
			ids = append(ids, m.id)
		}
	}
	return ids
}

func archiveID(seq uint32) string {
	sum := md5.Sum(fmt.Appendf(nil, "archive %d", seq))
	return hex.EncodeToString(sum[:]) + "_external"
}

// bodyName is the object a message of the kind carries its body in.
func bodyName(kind string) string {
	switch kind {
	case "external_redpacket":
		return "redpacket"
	case "docmsg":
		return "doc"
	case "markdown", "news":
		return "info"
	}
	return kind
}

// archiveKinds are the msgtypes people can write.
func archiveKinds() []string {
	return []string{
		"text", "image", "revoke", "agree", "disagree", "voice", "video", "card", "location", "emotion", "file",
		"link", "weapp", "chatrecord", "todo", "vote", "collect", "redpacket", "external_redpacket", "meeting",
		"docmsg", "markdown", "news", "calendar", "mixed", "sphfeed",
	}
}

func needKind(kind string) error {
	if slices.Contains(archiveKinds(), kind) {
		return nil
	}
	return fault.New(fault.Invalid, "message kind %q is not one of %s", kind, strings.Join(archiveKinds(), ", "))
}

func (p *Platform) archiveBody(seq uint32, kind string, e entry) map[string]any {
	file := map[string]any{"md5sum": archiveID(seq)[:32], "sdkfileid": "file" + archiveID(seq)}
	switch kind {
	case "text", "markdown":
		return map[string]any{"content": p.wordsOf(seq, e)}
	case "revoke":
		return map[string]any{"pre_msgid": archiveID(e.replyTo)}
	case "agree", "disagree":
		return map[string]any{"userid": p.nameOf(e.from), "agree_time": e.at}
	case "image":
		file["filesize"] = e.length
	case "voice":
		file["voice_size"], file["play_length"] = 1024*e.length, e.length
	case "video":
		file["filesize"], file["play_length"] = 1024*1024*e.length, e.length
	case "emotion":
		file["type"], file["width"], file["height"], file["imagesize"] = 1, 240, 240, e.length
	case "file":
		file["filename"], file["fileext"], file["filesize"] = "file.pdf", "pdf", e.length
	case "link":
		return map[string]any{"title": p.wordsOf(seq, e), "description": "", "link_url": "https://example.com/", "image_url": ""}
	case "weapp":
		return map[string]any{"title": p.wordsOf(seq, e), "description": "", "username": "", "displayname": ""}
	case "location":
		return map[string]any{"longitude": 121.47, "latitude": 31.23, "address": "", "title": p.wordsOf(seq, e), "zoom": 15}
	case "card":
		return map[string]any{"corpname": "", "userid": p.nameOf(e.from)}
	default:
		return map[string]any{"title": p.wordsOf(seq, e)}
	}
	return file
}

// wordsOf returns the text as written, or one of the noted length.
func (p *Platform) wordsOf(seq uint32, e entry) string {
	if words := p.chats.texts[seq]; words != "" {
		return words
	}
	return strings.Repeat("x", int(min(e.length, maxTextBytes)))
}
