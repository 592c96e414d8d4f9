package simulator

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"siyu/internal/fault"
)

// contactWay is a personal QR code or button made by an app.
type contactWay struct {
	id      string
	app     *app
	created time.Time
	form    wayForm
	used    bool // a temporary code dies after one customer
}

type wayForm struct {
	Type        int             `json:"type"`
	Scene       int             `json:"scene"`
	Style       int             `json:"style"`
	Remark      string          `json:"remark"`
	SkipVerify  *bool           `json:"skip_verify"`
	State       string          `json:"state"`
	Users       []string        `json:"user"`
	Parties     []int           `json:"party"`
	IsTemp      bool            `json:"is_temp"`
	ExpiresIn   int64           `json:"expires_in"`
	ChatExpires int64           `json:"chat_expires_in"`
	UnionID     string          `json:"unionid"`
	Exclusive   bool            `json:"is_exclusive"`
	MarkSource  bool            `json:"mark_source"`
	Conclusions json.RawMessage `json:"conclusions,omitempty"`
}

type wayBook struct {
	ways      map[string]*contactWay
	order     []*contactWay
	rooms     map[string]*joinWay
	templates map[string]*template
}

func newWayBook() wayBook {
	return wayBook{ways: map[string]*contactWay{}, rooms: map[string]*joinWay{}, templates: map[string]*template{}}
}

const (
	maxWays         = 500_000 // contact ways and join ways together
	maxWayMembers   = 100
	maxWayText      = 30
	wayListDays     = 90
	standardExpiry  = 7 * 24 * time.Hour
	chatExpiry      = 24 * time.Hour
	maxExpiry       = 14 * 24 * time.Hour
	configIDLength  = 32
	wayTypeSingle   = 1
	wayTypeMany     = 2
	waySceneProgram = 1
	waySceneQR      = 2
)

func contactWayRoutes(t map[string]route) {
	t[contactPath+"add_contact_way"] = post(RightCustomers, addWay)
	t[contactPath+"get_contact_way"] = post(RightCustomers, getWay)
	t[contactPath+"list_contact_way"] = post(RightCustomers, listWays)
	t[contactPath+"update_contact_way"] = post(RightCustomers, updateWay)
	t[contactPath+"del_contact_way"] = post(RightCustomers, deleteWay)
	t[contactPath+"close_temp_chat"] = post(RightCustomers, closeTempChat)
}

type wayRequest struct {
	ConfigID string `json:"config_id"`
	wayForm
	Start  int64  `json:"start_time"`
	End    int64  `json:"end_time"`
	Cursor string `json:"cursor"`
	Limit  int    `json:"limit"`
}

func addWay(c *call, q wayRequest) (any, error) {
	if err := c.checkWay(q.wayForm); err != nil {
		return nil, err
	}
	if !q.IsTemp && len(c.ways.ways)+len(c.ways.rooms) >= maxWays {
		return nil, refuse(codeTooManyWays, "contact way out of limit")
	}
	w := &contactWay{id: c.randomText(configIDLength), app: c.app, created: c.now, form: q.wayForm.completed()}
	c.ways.ways[w.id] = w
	c.ways.order = append(c.ways.order, w)
	answer := map[string]any{"config_id": w.id}
	if w.form.Scene == waySceneQR {
		answer["qr_code"] = c.pictureURL("way", w.id)
	}
	return answer, nil
}

func (f wayForm) completed() wayForm {
	if f.SkipVerify == nil {
		yes := true
		f.SkipVerify = &yes
	}
	f.ExpiresIn = orNumber(f.ExpiresIn, int64(standardExpiry.Seconds()))
	f.ChatExpires = orNumber(f.ChatExpires, int64(chatExpiry.Seconds()))
	f.Users = orEmpty(f.Users)
	if f.Parties == nil {
		f.Parties = []int{}
	}
	return f
}

func (c *call) checkWay(f wayForm) error {
	switch {
	case f.Type == 0:
		return refuse(codeNoWayType, "missing contact way type")
	case f.Type != wayTypeSingle && f.Type != wayTypeMany:
		return refuse(codeBadWayType, "invalid contact way type")
	case f.Scene == 0:
		return refuse(codeNoWayScene, "missing contact way scene")
	case f.Scene != waySceneProgram && f.Scene != waySceneQR:
		return refuse(codeBadWayScene, "invalid contact way scene")
	case f.Type == wayTypeSingle && len(f.Users) != 1:
		return refuse(codeInvalidParameter, "a single contact way needs exactly one user")
	case f.IsTemp && f.Type != wayTypeSingle:
		return refuse(codeInvalidParameter, "a temporary contact way is for one user")
	}
	return c.checkWayTexts(f)
}

func (c *call) checkWayTexts(f wayForm) error {
	if utf8.RuneCountInString(f.Remark) > maxWayText || utf8.RuneCountInString(f.State) > maxWayText {
		return refuse(codeInvalidParameter, "remark or state is longer than 30 characters")
	}
	if max(f.ExpiresIn, f.ChatExpires) > int64(maxExpiry.Seconds()) {
		return refuse(codeInvalidParameter, "expires_in is longer than 14 days")
	}
	for _, id := range f.Users {
		if _, err := c.servingMember(id); err != nil {
			return err
		}
	}
	if n := len(c.wayMembers(f)); n == 0 || n > maxWayMembers {
		return refuse(codeWayTooManyPeople, "a contact way serves 1 to 100 members")
	}
	return nil
}

// wayMembers expands users and departments to members who can have customers.
func (p *Platform) wayMembers(f wayForm) []*member {
	users, parties := setOf(f.Users), setOf(f.Parties)
	var all []*member
	for _, m := range p.org.order {
		in := users[m.UserID]
		for _, d := range m.Departments {
			in = in || (len(parties) > 0 && p.org.within(d, parties))
		}
		if in && m.serves() {
			all = append(all, m)
		}
	}
	return all
}

func (c *call) way(id string) (*contactWay, error) {
	if id == "" {
		return nil, refuse(codeNoConfigID, "missing config_id")
	}
	w := c.ways.ways[id]
	if w == nil || w.app != c.app {
		return nil, refuse(codeBadConfigID, "invalid config_id")
	}
	return w, nil
}

func getWay(c *call, q wayRequest) (any, error) {
	w, err := c.way(q.ConfigID)
	if err != nil {
		return nil, err
	}
	shown := struct {
		ConfigID string `json:"config_id"`
		wayForm
		QRCode string `json:"qr_code,omitempty"`
	}{ConfigID: w.id, wayForm: w.form}
	if w.form.Scene == waySceneQR {
		shown.QRCode = c.pictureURL("way", w.id)
	}
	return map[string]any{"contact_way": shown}, nil
}

func listWays(c *call, q wayRequest) (any, error) {
	end := orNumber(q.End, c.now.Unix())
	start := orNumber(q.Start, c.now.AddDate(0, 0, -wayListDays).Unix())
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, 100, 1000), c.ways.order, func(w *contactWay) any {
		at := w.created.Unix()
		if c.ways.ways[w.id] == nil || w.app != c.app || w.form.IsTemp || at < start || at > end {
			return nil
		}
		return map[string]any{"config_id": w.id}
	})
	return map[string]any{"contact_way": rows, "next_cursor": next}, err
}

// updateWay changes what the request names: given lists replace, absent
// fields stay. Type, scene and temporariness never change.
func updateWay(c *call, q wayRequest) (any, error) {
	w, err := c.way(q.ConfigID)
	if err != nil {
		return nil, err
	}
	form := w.form
	form.Users, form.Parties, form.Conclusions, form.SkipVerify = nil, nil, nil, nil
	if err := json.Unmarshal(c.raw, &form); err != nil {
		return nil, refuse(codeInvalidParameter, "invalid parameter")
	}
	form.Type, form.Scene, form.IsTemp = w.form.Type, w.form.Scene, w.form.IsTemp
	if form.Users == nil {
		form.Users = w.form.Users
	}
	if form.Parties == nil {
		form.Parties = w.form.Parties
	}
	if form.SkipVerify == nil {
		form.SkipVerify = w.form.SkipVerify
	}
	if form.Conclusions == nil {
		form.Conclusions = w.form.Conclusions
	}
	if err := c.checkWay(form); err != nil {
		return nil, err
	}
	w.form = form.completed()
	return nil, nil
}

func deleteWay(c *call, q wayRequest) (any, error) {
	w, err := c.way(q.ConfigID)
	if err != nil {
		return nil, err
	}
	delete(c.ways.ways, w.id)
	return nil, nil
}

func closeTempChat(c *call, q remarkRequest) (any, error) {
	rel, err := c.seenPair(q.UserID, q.External)
	if err != nil {
		return nil, err
	}
	for _, w := range c.ways.ways {
		if w.form.IsTemp && w.used && w.form.State == rel.state {
			return nil, nil
		}
	}
	return nil, refuse(codeInvalidParameter, "not a temporary session")
}

// ScanContactWay lets a customer scan a contact way's code. The member is one
// of its staff by chance. With verification nobody is told of the request
// until ConfirmHalf accepts it. It returns who was added.
func (h People) ScanContactWay(externalUserID, configID string) (userID string, err error) {
	err = h.act(func(p *Platform) error {
		w := p.ways.ways[configID]
		if w == nil || (w.form.IsTemp && (w.used || h.when().After(w.created.Add(time.Duration(w.form.ExpiresIn)*time.Second)))) {
			return fault.New(fault.NotFound, "no contact way %q that works", configID)
		}
		staff := p.wayMembers(w.form)
		if len(staff) == 0 {
			return fault.New(fault.Conflict, "contact way %q has nobody left to add", configID)
		}
		userID = staff[p.rng.IntN(len(staff))].UserID
		w.used = true
		f := Friendship{UserID: userID, ExternalUserID: externalUserID, AddWay: AddWayScan, State: w.form.State}
		if *w.form.SkipVerify {
			return p.befriend(h, f, bondAdded)
		}
		return p.befriend(p.Past(h.when()), f, bondHalf)
	})
	return userID, err
}
