package delivery_test

import (
	"strings"
	"testing"

	"siyu/internal/delivery"
)

func TestWhereWeComIsAwayOneTaskIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 5, 1)
	for member := range 5 {
		d.plan(t, "ask", member, 0)
	}
	if sent := d.send(t); sent.Accepted != 5 {
		t.Fatalf("sent %+v", sent)
	}
	d.confirm(t)
	d.server.CloseClientConnections()
	must(t, d.server.Listener.Close())
	results, err := d.gate.Read(t.Context())
	if err == nil || results != (delivery.Results{}) {
		t.Fatalf("results %+v, %v", results, err)
	}
	if n := strings.Count(err.Error(), "read task of dispatch"); n != 1 {
		t.Errorf("%d tasks were asked for: %v", n, err)
	}
}
