package simulator

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest request: a 20 MB file with its envelope.
const maxBody = 24 << 20

// route is one API call. A free route needs no token.
type route struct {
	post  bool
	free  bool
	right Right
	run   handler
}

type handler func(*call) (any, error)

// call is one request with the app that made it.
type call struct {
	*Platform
	app  *app
	r    *http.Request
	raw  []byte
	now  time.Time // of the platform
	wire time.Time // of what passes between programs
}

// fileAnswer is an answer that is a file instead of JSON.
type fileAnswer struct {
	name string
	data []byte
	at   time.Time
}

// get returns a route for a call with query parameters.
func get(right Right, run handler) route { return route{right: right, run: run} }

// post returns a route for a call with a JSON body. The content type does not
// matter: widely used clients send none.
func post[Q any](right Right, run func(*call, Q) (any, error)) route {
	return route{post: true, right: right, run: func(c *call) (any, error) {
		var q Q
		if len(bytes.TrimSpace(c.raw)) > 0 {
			if err := json.Unmarshal(c.raw, &q); err != nil {
				return nil, refuse(codeEmptyParameter, "some parameters are empty. Warning: wrong json format. ")
			}
		}
		return run(c, q)
	}}
}

func routeTable() map[string]route {
	table := map[string]route{}
	for _, add := range []func(map[string]route){
		tokenRoutes, memberRoutes, customerRoutes, contactWayRoutes, welcomeRoutes, templateRoutes,
		tagRoutes, strategyRoutes, groupRoutes, joinWayRoutes, groupTransferRoutes, statisticRoutes, massRoutes,
		momentRoutes, transferRoutes, productRoutes, interceptRoutes, mediaRoutes,
		acquisitionRoutes, staffMailRoutes, archiveRoutes, loginRoutes,
	} {
		add(table)
	}
	return table
}

// ServeHTTP answers API calls, login pages and the simulator's own pages.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Clients compare their clock with the platform's by this header.
	w.Header().Set("Date", p.wire.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Date", p.Now().UTC().Format(http.TimeFormat))
	if !strings.HasPrefix(r.URL.Path, "/cgi-bin/") {
		p.page.ServeHTTP(w, r)
		return
	}
	rt, ok := p.routes[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		p.refuse(w, r, refuse(codeFileTooBig, "request body is too big"))
		return
	}
	answer, err := p.handle(rt, r, raw)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	if file, ok := answer.(fileAnswer); ok {
		file.write(w, r)
		return
	}
	writeAnswer(w, answer)
}

func (p *Platform) handle(rt route, r *http.Request, raw []byte) (answer any, err error) {
	if rt.post && r.Method != http.MethodPost {
		return nil, refuse(codeNeedPost, "require POST method")
	}
	if !rt.post && r.Method != http.MethodGet {
		return nil, refuse(codeNeedGet, "require GET method")
	}
	if !p.gate.enter() {
		return nil, refuse(codeTooManyAtOnce, "api concurrent out of limit")
	}
	defer p.gate.leave()
	if err := p.gate.linger(r.Context()); err != nil {
		return nil, err
	}
	err = p.do(func() error {
		c := &call{Platform: p, r: r, raw: raw, now: p.clock.Now(), wire: p.wire.Now()}
		if err := c.admit(rt); err != nil {
			return err
		}
		answer, err = rt.run(c)
		return err
	})
	return answer, err
}

// admit checks token, address, right and rate in the platform's order.
func (c *call) admit(rt route) error {
	if !rt.free {
		a, err := c.tokens.app(c.query("access_token"), c.wire)
		if err != nil {
			return err
		}
		c.app = a
		if !c.trusts(c.ip()) {
			return refuse(codeForbiddenIP, "not allow to access from your ip")
		}
	}
	if err := c.limiter.count(c.r.URL.Path, c.query("debug") == "1", c.wire); err != nil {
		return err
	}
	if !rt.free && !c.app.may(rt.right) {
		return refuse(codeNoRight, "api forbidden")
	}
	return nil
}

func (p *Platform) trusts(ip string) bool {
	if p.cfg.IPs == nil {
		return true
	}
	for _, trusted := range p.cfg.IPs {
		if trusted == ip {
			return true
		}
	}
	return false
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

func (c *call) ip() string { return addressOf(c.r) }

func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// refuse writes the platform's error answer: HTTP 200, errcode, and an errmsg
// whose tail differs every time so that nobody compares texts.
func (p *Platform) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var no *refusal
	if !errors.As(err, &no) {
		no = &refusal{-1, "system busy"}
	}
	p.mu.Lock()
	now, token := p.wire.Now().Unix(), p.rng.Uint64()
	p.mu.Unlock()
	hint := hex.EncodeToString(strconv.AppendUint(nil, token, 16))
	writeJSON(w, map[string]any{"errcode": no.code, "errmsg": fmt.Sprintf(
		"%s, hint: [%d_%d_%s], from ip: %s, more info at https://open.work.weixin.qq.com/devtool/query?e=%d",
		no.text, now, token%100, hint, addressOf(r), no.code)})
}

// write sends the file, or the range of it that was asked for.
func (f fileAnswer) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.name))
	http.ServeContent(w, r, f.name, f.at, bytes.NewReader(f.data))
}

// writeAnswer puts errcode and errmsg before the fields of the answer.
func writeAnswer(w http.ResponseWriter, answer any) {
	head := []byte(`{"errcode":0,"errmsg":"ok"`)
	if answer != nil {
		fields, err := json.Marshal(answer)
		if err == nil && len(fields) > len("{}") {
			head = append(append(head, ','), fields[1:len(fields)-1]...)
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(append(head, '}'))
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// page cuts one page out of n rows. The cursor is opaque to clients: it holds
// the position and is refused if it was not made here.
func (c *call) cut(cursor string, limit, n int) (from, to int, next string, err error) {
	if cursor != "" {
		from, err = readCursor(cursor)
		if err != nil || from > n {
			return 0, 0, "", refuse(codeBadCursor, "invalid cursor")
		}
	}
	to = min(from+limit, n)
	if to < n {
		next = writeCursor(to)
	}
	return from, to, next, nil
}

// gather collects up to limit rows of a list that only grows, leaving out
// what row returns nil for. The cursor is a position in the whole list, so
// nothing is skipped when rows appear or vanish between two pages.
func gather[T any](cursor string, limit int, all []T, row func(T) any) (rows []any, next string, err error) {
	from := 0
	if cursor != "" {
		if from, err = readCursor(cursor); err != nil {
			return nil, "", err
		}
	}
	rows = []any{}
	for i := from; i < len(all); i++ {
		r := row(all[i])
		if r == nil {
			continue
		}
		if len(rows) == limit {
			return rows, writeCursor(i), nil
		}
		rows = append(rows, r)
	}
	return rows, "", nil
}

// Cursors contain characters that must be escaped in a URL, as real ones do.
const cursorHead = "c+/"

func writeCursor(position int) string {
	return cursorHead + strconv.FormatInt(int64(position), 36) + "="
}

func readCursor(cursor string) (int, error) {
	body, ok := strings.CutPrefix(cursor, cursorHead)
	if !ok {
		return 0, refuse(codeBadCursor, "invalid cursor")
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(body, "="), 36, 32)
	if err != nil || n < 0 {
		return 0, refuse(codeBadCursor, "invalid cursor")
	}
	return int(n), nil
}

// pageSize returns the limit a call asked for: the default if none, at most
// the platform's maximum.
func pageSize(asked, standard, most int) int {
	if asked <= 0 {
		asked = standard
	}
	return min(asked, most)
}
