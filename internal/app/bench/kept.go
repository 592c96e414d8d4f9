package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"siyu/internal/fault"
	"siyu/internal/wecom/world"
)

// keptLives is a file of lives already lived, a line each, so that a run of hours
// goes on where it was cut.
type keptLives struct {
	path  string // "" keeps nothing
	write sync.Mutex
	known map[lived][]life
}

// lived is everything a life depends on but the program.
type lived struct {
	Customers  int     `json:"customers"`
	Days       int     `json:"days"`
	After      int     `json:"after"`
	Confirming float64 `json:"confirming"`
	World      string  `json:"world"`
	Seed       uint64  `json:"seed"`
}

type keptLine struct {
	lived
	Plans []keptPlan `json:"plans"`
}

type keptPlan struct {
	Name     string      `json:"name"`
	Operated world.Tally `json:"operated"`
	After    world.Tally `json:"after"`
}

// keptIn reads the lives of a file that may not exist yet.
func keptIn(path string) (*keptLives, error) {
	k := &keptLives{path: path, known: map[lived][]life{}}
	if path == "" {
		return k, nil
	}
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading kept lives: %w", err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var l keptLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || !l.whole() {
			return nil, fault.New(fault.Invalid, "%s, line %d: expected one life of each plan as this command writes it; delete the line to live it again", path, n)
		}
		k.known[l.lived] = l.lives()
	}
	return k, lines.Err()
}

// whole tells whether a line has a life of each plan, in their order.
func (l keptLine) whole() bool {
	plans := lifetimePlans()
	if len(l.Plans) != len(plans) || l.Customers < 1 {
		return false
	}
	for i, p := range l.Plans {
		if p.Name != string(plans[i]) {
			return false
		}
	}
	return true
}

func (l keptLine) lives() []life {
	var all []life
	for _, p := range l.Plans {
		all = append(all, life{customers: l.Customers, operated: p.Operated, after: p.After})
	}
	return all
}

// keep adds one life under each plan to the file.
func (k *keptLives) keep(of lived, lives []life) error {
	if k.path == "" {
		return nil
	}
	line := keptLine{lived: of}
	for i, p := range lifetimePlans() {
		line.Plans = append(line.Plans, keptPlan{string(p), lives[i].operated, lives[i].after})
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	k.write.Lock()
	defer k.write.Unlock()
	file, err := os.OpenFile(k.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if err == nil {
		_, err = file.Write(append(text, '\n'))
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("keeping a life: %w", err)
	}
	return nil
}
