package storage

import (
	"slices"
	"testing"
)

func TestFacetsHoldNumbersOnlySoThatNoNamePhoneOrTextStandsInThem(t *testing.T) {
	for _, c := range slices.Concat(facetTable.columns, facetRefTable.columns) {
		if c.kind != bigint && c.name != "field" {
			t.Errorf("column %s holds %s", c.name, c.kind)
		}
	}
	allowed := []string{"tags", "channel", "campaign", "city", "level"} // words of the brand, not of a person
	for _, f := range refsFields {
		if f.Of == "text" && !slices.Contains(allowed, f.Name) {
			t.Errorf("values of %s are texts", f.Name)
		}
	}
}
