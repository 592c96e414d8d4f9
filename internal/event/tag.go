package event

import "siyu/internal/id"

// The kinds of fact about the brand's own tags. Subject: customer. Tags of
// WeCom are RelationTagged.
const (
	KindCustomerTagged   Kind = "customer_tagged"
	KindCustomerUntagged Kind = "customer_untagged"
)

// Who puts tags on customers beside console accounts.
const (
	ByRule   = "rule"   // an audience whose members carry the tag
	ByImport = "import" // a file
)

// CustomerTagged says that the customer carries one of the brand's own tags
// since the fact's time.
type CustomerTagged struct {
	Tag id.Tag `json:"tag"`
	By  string `json:"by"` // console account, ByRule or ByImport
}

// CustomerUntagged says that the customer carries the tag no more.
type CustomerUntagged struct {
	Tag id.Tag `json:"tag"`
	By  string `json:"by"` // as of CustomerTagged
}

// Kind implements Body.
func (CustomerTagged) Kind() Kind { return KindCustomerTagged }

// Kind implements Body.
func (CustomerUntagged) Kind() Kind { return KindCustomerUntagged }
