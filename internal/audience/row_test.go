package audience

import (
	"testing"

	"siyu/internal/profile"
)

func TestARowHoldsAValueForEveryColumnAndAListForEveryRefsField(t *testing.T) {
	row := NewRow(Subject{Profile: &profile.Customer{ID: 1}}, 20_000)
	if len(row.Values) != len(Columns()) || len(row.Refs) != len(RefsFields()) {
		t.Errorf("%d values for %d columns, %d lists for %d fields", len(row.Values), len(Columns()), len(row.Refs), len(RefsFields()))
	}
}
