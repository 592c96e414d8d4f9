package event

import (
	"encoding/json"
	"fmt"
)

// versions holds the current version of each body. A kind that is not here
// cannot be written or read.
var versions = map[Kind]int{
	KindCustomerSeen: 1, KindCustomerIdentified: 1, KindCustomerMerged: 1, KindCustomerUnmerged: 1,
	KindMarketingRefused: 1, KindMarketingAllowed: 1, KindComplaintOpened: 1, KindComplaintClosed: 1,
	KindNeedExpressed: 1, KindCustomerDescribed: 1, KindCustomerReferred: 1, KindCustomerStayed: 1, KindReferralStayed: 1, KindNoteTaken: 1,
	KindRelationAdded: 1, KindRelationEnded: 1, KindRelationTagged: 1, KindTransferFailed: 1,
	KindCustomerTagged: 1, KindCustomerUntagged: 1,
	KindGroupSeen: 1, KindGroupDismissed: 1, KindGroupJoined: 1, KindGroupLeft: 1,
	KindStaffSeen: 1, KindStaffLeft: 1, KindStaffDeletedInBulk: 1,
	KindOrderPaid: 1, KindOrderRefunded: 1, KindOrderCorrected: 1, KindOrderLinked: 1,
	KindMessageExchanged: 1, KindMomentReacted: 1,
	KindTouchDelivered: 1, KindTouchFailed: 1, KindTaskConfirmed: 1, KindTaskCancelled: 1, KindMassReceived: 1,
	KindAudienceEntered: 1, KindAudienceLeft: 1,
	KindContentOpened: 1, KindSurveyAnswered: 1, KindRapportJudged: 1,
}

// Known tells whether kind belongs to the vocabulary, and its current version.
func Known(kind Kind) (version int, ok bool) {
	version, ok = versions[kind]
	return version, ok
}

// Kinds returns the whole vocabulary.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(versions))
	for k := range versions {
		kinds = append(kinds, k)
	}
	return kinds
}

// Read returns the body of a fact of a known kind. It fails on a body of
// another kind and on a version newer than this binary knows.
func Read[B Body](f Fact) (B, error) {
	var body B
	if f.Kind != body.Kind() {
		return body, fmt.Errorf("read fact %d: it is %s, not %s", f.Seq, f.Kind, body.Kind())
	}
	if f.Version > versions[f.Kind] {
		return body, fmt.Errorf("read fact %d: version %d of %s is newer than this program", f.Seq, f.Version, f.Kind)
	}
	if quick, ok := any(&body).(quickReader); ok {
		if quick.read(f.Body) {
			return body, nil
		}
		body = *new(B)
	}
	if err := json.Unmarshal(f.Body, &body); err != nil {
		return body, fmt.Errorf("read fact %d (%s): %w", f.Seq, f.Kind, err)
	}
	return body, nil
}
