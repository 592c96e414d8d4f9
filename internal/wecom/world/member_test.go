package world

import (
	"bytes"
	"encoding/csv"
	"os"
	"testing"
)

func TestTheListOfMembersNamesWhoBroughtWhom(t *testing.T) {
	w, _ := lived(t, Config{Customers: 2000, Seed: 6})
	path, err := w.WriteMembers(t.TempDir(), w.at(HistoryDays, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]*person{}
	for i := range w.people {
		people[w.people[i].phone] = &w.people[i]
	}
	column := map[string]int{}
	for at, name := range lines[0] {
		column[name] = at
	}
	brought, born := 0, 0
	for _, line := range lines[1:] {
		p := people[line[column["客户手机号"]]]
		if p == nil || !p.phoneKnown {
			t.Fatalf("nobody whose phone is known stands behind %v", line)
		}
		if line[column["客户生日"]] != "" {
			born++
		}
		by := people[line[column["邀请人手机号"]]]
		if by == nil {
			continue
		}
		brought++
		if p.source != referSource || p.by < 0 || &w.people[p.by] != by {
			t.Errorf("%d was not brought by the one who is named", p.serialOf(w))
		}
	}
	if share := float64(born) / float64(len(lines)-1); brought == 0 || share < .5 || share > .7 {
		t.Errorf("%d of %d members were brought, %.2f have a birthday", brought, len(lines)-1, share)
	}
}

func (p *person) serialOf(w *World) int {
	for i := range w.people {
		if &w.people[i] == p {
			return i
		}
	}
	return -1
}
