package flow

import (
	"testing"

	"siyu/internal/id"
	"siyu/internal/profile"
)

func TestHowManyCustomersThereAreIsToldByHashesAndNotByOtherNumbers(t *testing.T) {
	chunk := make([]profile.Customer, nightChunk)
	for i := range chunk {
		chunk[i].ID = id.Customer(int64(i) << 43) // one in 2^20 of what ids can be
	}
	if n := expected(chunk); n < 1_000_000 || n > 1_150_000 {
		t.Errorf("expected %d customers of about 1,048,576", n)
	}
	for i := range chunk {
		chunk[i].ID = id.Customer(i + 1)
	}
	if n := expected(chunk); n != nightChunk {
		t.Errorf("numbers in a row are taken for %d customers", n)
	}
}
