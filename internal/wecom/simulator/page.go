package simulator

import (
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"
)

const pageHead = `<!doctype html><html><head><meta charset="utf-8"><title>WeCom simulator</title><style>
body{font:15px/1.5 sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left}
</style></head><body>`

// shownDeliveries is how many of the newest deliveries the page shows.
const shownDeliveries = 50

// pages are everything the simulator serves beside the API.
func (p *Platform) pages() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("/connect/oauth2/authorize", p.authorize)
	mux.HandleFunc("/wwopen/sso/qrConnect", p.authorize)
	mux.HandleFunc("/wwlogin/sso/login", p.authorize)
	mux.HandleFunc("GET /simulator/archive", p.exportArchive)
	mux.HandleFunc("GET /simulator/picture/{id}", p.showPicture)
	mux.HandleFunc("GET /simulator/state", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.State()) })
	mux.HandleFunc("GET /simulator/tasks", func(w http.ResponseWriter, r *http.Request) {
		who := r.URL.Query().Get("userid")
		writeJSON(w, append(p.PendingTasks(who), p.PendingMoments(who)...))
	})
	mux.HandleFunc("GET /simulator/deliveries", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.Deliveries()) })
	mux.HandleFunc("GET /simulator/staff-messages", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, p.StaffMessages(r.URL.Query().Get("userid")))
	})
	mux.HandleFunc("POST /simulator/expire-tokens", func(w http.ResponseWriter, _ *http.Request) {
		p.ExpireTokens()
		writeJSON(w, map[string]any{"ok": true})
	})
	mux.HandleFunc("POST /simulator/archive", func(w http.ResponseWriter, r *http.Request) {
		p.switchArchive(r.URL.Query().Get("on") == "1")
		writeJSON(w, map[string]any{"ok": true})
	})
	mux.HandleFunc("GET /simulator/way/{id}", p.scanPage)
	mux.HandleFunc("GET /simulator/room/{id}", p.scanPage)
	mux.HandleFunc("POST /simulator/scan", p.scan)
	mux.HandleFunc("POST /simulator/confirm", p.confirmPage)
	mux.HandleFunc("POST /simulator/act", p.actPage)
	mux.HandleFunc("POST /simulator/faults", p.faultsPage)
	mux.HandleFunc("POST /simulator/lose", func(w http.ResponseWriter, r *http.Request) {
		p.LoseNext(atoi(r.URL.Query().Get("n")))
		writeJSON(w, map[string]any{"ok": true})
	})
	mux.HandleFunc("POST /simulator/verify", func(w http.ResponseWriter, r *http.Request) {
		answerAct(w, p.VerifyCallback(r.Context(), 0))
	})
	mux.HandleFunc("POST /simulator/drain", func(w http.ResponseWriter, r *http.Request) { answerAct(w, p.Drain(r.Context())) })
	return mux
}

// State is everything the simulator knows, for looking at and for comparing.
type State struct {
	Corp      string          `json:"corp"`
	Members   []string        `json:"members"`
	Customers int             `json:"customers"`
	Relations []RelationState `json:"relations"`
	Groups    []GroupState    `json:"groups"`
	Messages  int             `json:"messages"`
	Tasks     []Task          `json:"tasks"`
	Push      PushCounters    `json:"push"`
}

// State returns a copy of the platform's state.
func (p *Platform) State() State {
	s := State{
		Corp: p.cfg.Corp, Relations: p.Relations(), Groups: p.Groups(),
		Tasks: append(p.PendingTasks(""), p.PendingMoments("")...), Push: p.PushCounters(),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.org.order {
		s.Members = append(s.Members, m.UserID)
	}
	s.Customers, s.Messages = len(p.people.order), len(p.chats.entries)
	return s
}

func answerAct(w http.ResponseWriter, err error) {
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]any{"ok": false, "error": err.Error()})
		return
	}
	writeJSON(w, map[string]any{"ok": true})
}

// confirmPage confirms a task or publishes a Moment, from the page's button or
// from a script: POST userid, id.
func (p *Platform) confirmPage(w http.ResponseWriter, r *http.Request) {
	err := p.confirm(r.FormValue("userid"), r.FormValue("id"))
	if err == nil && r.FormValue("page") != "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	answerAct(w, err)
}

func (p *Platform) confirm(userID, id string) error {
	p.mu.Lock()
	isMoment := p.moments.byID[id] != nil
	p.mu.Unlock()
	if isMoment {
		return p.People().PublishMoment(userID, id)
	}
	return p.People().ConfirmTask(userID, id)
}

func (p *Platform) faultsPage(w http.ResponseWriter, r *http.Request) {
	var f Faults
	err := json.NewDecoder(r.Body).Decode(&f)
	if err == nil {
		p.SetFaults(f)
	}
	answerAct(w, err)
}

// actPage carries out one script line, without its time.
func (p *Platform) actPage(w http.ResponseWriter, r *http.Request) {
	line := r.FormValue("line")
	step, err := parseAct(strings.Fields(line))
	if err == nil {
		err = step.run(p)
	}
	answerAct(w, err)
}

// scanPage is what the address of a QR code leads to: a button that scans it
// as a new customer.
func (p *Platform) scanPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	p.mu.Lock()
	known := p.ways.ways[id] != nil || p.ways.rooms[id] != nil
	p.mu.Unlock()
	if !known {
		http.NotFound(w, r)
		return
	}
	writePage(w, pageHead+`<form method="post" action="/simulator/scan"><input type="hidden" name="id" value="`+
		html.EscapeString(id)+`"><button>Scan as a new customer</button></form>`)
}

func (p *Platform) scan(w http.ResponseWriter, r *http.Request) {
	who, err := p.People().AddExternal(Profile{Name: "walk-in"})
	if err == nil {
		err = p.scanCode(who, r.FormValue("id"))
	}
	answerAct(w, err)
}

// scanCode lets a customer scan the code of a contact way or of a join way.
func (p *Platform) scanCode(who, id string) error {
	p.mu.Lock()
	isRoom := p.ways.rooms[id] != nil
	p.mu.Unlock()
	if isRoom {
		_, err := p.People().JoinGroup(Join{Who: who, ConfigID: id})
		return err
	}
	_, err := p.People().ScanContactWay(who, id)
	return err
}

func (p *Platform) showPicture(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	file := p.media.pictures[r.PathValue("id")]
	p.mu.Unlock()
	if file == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", http.DetectContentType(file.data))
	_, _ = w.Write(file.data)
}

func writePage(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	_, _ = w.Write([]byte(body + "</body></html>"))
}

// home shows members, what waits for them with a button, and what was
// delivered last.
func (p *Platform) home(w http.ResponseWriter, _ *http.Request) {
	s := p.State()
	var b strings.Builder
	b.WriteString(pageHead + "<h1>WeCom simulator " + html.EscapeString(s.Corp) + "</h1><p>" + html.EscapeString(
		strconv.Itoa(len(s.Members))+" members, "+strconv.Itoa(s.Customers)+" customers, "+strconv.Itoa(len(s.Relations))+
			" relations, "+strconv.Itoa(len(s.Groups))+" groups, "+strconv.Itoa(s.Messages)+" messages") + "</p>")
	b.WriteString("<h2>Members</h2><p>" + html.EscapeString(strings.Join(s.Members, ", ")) + "</p><h2>Pending tasks</h2>")
	table(&b, []string{"member", "kind", "receivers", "text", ""}, len(s.Tasks), func(i int) []string { return taskCells(s.Tasks[i]) })
	all := p.Deliveries()
	all = all[max(0, len(all)-shownDeliveries):]
	b.WriteString("<h2>Latest deliveries</h2>")
	table(&b, []string{"time", "kind", "member", "to", "message"}, len(all), func(i int) []string {
		d := all[len(all)-1-i]
		return escapeAll(d.At.UTC().Format("2006-01-02 15:04:05"), d.Kind, d.UserID, d.ExternalUserID+d.ChatID, d.MsgID)
	})
	writePage(w, b.String())
}

func taskCells(t Task) []string {
	button := `<form method="post" action="/simulator/confirm"><input type="hidden" name="page" value="1">` +
		`<input type="hidden" name="userid" value="` + html.EscapeString(t.UserID) + `">` +
		`<input type="hidden" name="id" value="` + html.EscapeString(t.ID) + `"><button>Confirm</button></form>`
	return append(escapeAll(t.UserID, t.Kind, strconv.Itoa(t.Receivers), t.Text), button)
}

func escapeAll(cells ...string) []string {
	for i := range cells {
		cells[i] = html.EscapeString(cells[i])
	}
	return cells
}

func table(b *strings.Builder, head []string, rows int, cells func(int) []string) {
	b.WriteString("<table><tr><th>" + strings.Join(head, "</th><th>") + "</th></tr>")
	for i := range rows {
		b.WriteString("<tr><td>" + strings.Join(cells(i), "</td><td>") + "</td></tr>")
	}
	b.WriteString("</table>")
}

// atoi reads a number from a query, 0 if it is none.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
