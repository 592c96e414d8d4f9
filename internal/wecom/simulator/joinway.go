package simulator

import (
	"fmt"
	"time"
	"unicode/utf8"

	"siyu/internal/fault"
)

// joinWay is a group QR code made by an app.
type joinWay struct {
	id      string
	app     *app
	created time.Time
	form    joinForm
	opened  int // groups made automatically
}

type joinForm struct {
	Scene      int      `json:"scene"`
	Remark     string   `json:"remark"`
	AutoCreate *int     `json:"auto_create_room"`
	BaseName   string   `json:"room_base_name"`
	BaseID     int      `json:"room_base_id"`
	Chats      []string `json:"chat_id_list"`
	State      string   `json:"state"`
	MarkSource bool     `json:"mark_source"`
}

const (
	maxJoinGroups = 5
	maxBaseName   = 40
)

func joinWayRoutes(t map[string]route) {
	const path = contactPath + "groupchat/"
	t[path+"add_join_way"] = post(RightCustomers, addJoinWay)
	t[path+"get_join_way"] = post(RightCustomers, getJoinWay)
	t[path+"update_join_way"] = post(RightCustomers, updateJoinWay)
	t[path+"del_join_way"] = post(RightCustomers, deleteJoinWay)
}

type joinRequest struct {
	ConfigID string `json:"config_id"`
	joinForm
}

func addJoinWay(c *call, q joinRequest) (any, error) {
	form, err := c.checkJoin(q.joinForm)
	if err != nil {
		return nil, err
	}
	if len(c.ways.ways)+len(c.ways.rooms) >= maxWays {
		return nil, refuse(codeTooManyWays, "contact way out of limit")
	}
	w := &joinWay{id: c.randomText(configIDLength), app: c.app, created: c.now, form: form}
	c.ways.rooms[w.id] = w
	return map[string]any{"config_id": w.id}, nil
}

func (c *call) checkJoin(f joinForm) (joinForm, error) {
	if f.Scene != waySceneProgram && f.Scene != waySceneQR {
		return f, refuse(codeBadWayScene, "invalid scene")
	}
	if len(f.Chats) > maxJoinGroups {
		return f, refuse(codeJoinWayGroups, "a join way serves at most 5 groups")
	}
	if len(f.Chats) == 0 {
		return f, refuse(codeEmptyParameter, "chat_id_list is empty")
	}
	for _, id := range f.Chats {
		if _, err := c.seenGroup(id); err != nil {
			return f, err
		}
	}
	if utf8.RuneCountInString(f.BaseName) > maxBaseName || utf8.RuneCountInString(f.State) > maxWayText {
		return f, refuse(codeInvalidParameter, "room_base_name or state is too long")
	}
	if r := []rune(f.Remark); len(r) > maxWayText {
		f.Remark = string(r[:maxWayText])
	}
	if f.AutoCreate == nil {
		yes := 1
		f.AutoCreate = &yes
	}
	return f, nil
}

func (c *call) joinWay(id string) (*joinWay, error) {
	if id == "" {
		return nil, refuse(codeNoConfigID, "missing config_id")
	}
	w := c.ways.rooms[id]
	if w == nil || w.app != c.app {
		return nil, refuse(codeBadConfigID, "invalid config_id")
	}
	return w, nil
}

func getJoinWay(c *call, q joinRequest) (any, error) {
	w, err := c.joinWay(q.ConfigID)
	if err != nil {
		return nil, err
	}
	shown := struct {
		ConfigID string `json:"config_id"`
		joinForm
		QRCode string `json:"qr_code"`
	}{w.id, w.form, c.pictureURL("room", w.id)}
	return map[string]any{"join_way": shown}, nil
}

func updateJoinWay(c *call, q joinRequest) (any, error) {
	w, err := c.joinWay(q.ConfigID)
	if err != nil {
		return nil, err
	}
	form, err := c.checkJoin(q.joinForm)
	if err != nil {
		return nil, err
	}
	w.form = form
	return nil, nil
}

func deleteJoinWay(c *call, q joinRequest) (any, error) {
	w, err := c.joinWay(q.ConfigID)
	if err != nil {
		return nil, err
	}
	delete(c.ways.rooms, w.id)
	return nil, nil
}

// roomOf returns the first group of the join way that people can still scan
// into; when all are full it opens the next one, named base name + number.
func (b *wayBook) roomOf(p *Platform, h People, configID string) (*group, string, error) {
	w := b.rooms[configID]
	if w == nil {
		return nil, "", fault.New(fault.NotFound, "no join way %q", configID)
	}
	var last *group
	for _, id := range w.form.Chats {
		g := p.groups.byID[id]
		if g == nil || g.dismissed {
			continue
		}
		if last = g; len(g.members) < scanFull {
			return g, w.form.State, nil
		}
	}
	if last == nil || *w.form.AutoCreate == 0 {
		return nil, "", fault.New(fault.Conflict, "every group of join way %q is full or gone", configID)
	}
	name := orElse(w.form.BaseName, last.name)
	g, err := p.createGroup(h, NewGroup{
		Name: fmt.Sprintf("%s%d", name, w.form.BaseID+w.opened), Owner: last.owner.UserID, ChatID: p.nextID("wr"),
	})
	if err != nil {
		return nil, "", err
	}
	w.opened++
	w.form.Chats = append([]string{g.id}, w.form.Chats...)
	w.form.Chats = w.form.Chats[:min(len(w.form.Chats), maxJoinGroups)]
	return g, w.form.State, nil
}
