package simulator

import "fmt"

// The platform's errcodes as the simulator uses them.
const (
	codeBadSecret            = 40001
	codeBadMediaType         = 40004
	codeBadMediaID           = 40007
	codeBadMsgType           = 40008
	codeBadCorp              = 40013
	codeBadToken             = 40014
	codeBadOAuthCode         = 40029
	codeBadUserList          = 40031
	codeUserListLength       = 40032
	codeBadParameter         = 40035
	codeNoSuchGroup          = 40050
	codeBadAgent             = 40056
	codeInvalidParameter     = 40058
	codeEmptyParameter       = 40063
	codeBadTag               = 40068
	codeTagNameTaken         = 40071
	codeTagNameLength        = 40072
	codeBadOpenID            = 40073
	codeNoSuchJob            = 40088
	codeBadExternal          = 40096
	codeNotLeft              = 40097
	codeTakeoverFull         = 40099
	codeInTransfer           = 40100
	codeTooManyTags          = 40126
	codeTransferTooOften     = 40128
	codeSameFollower         = 40130
	codeNoToken              = 41001
	codeNoCorp               = 41002
	codeNoSecret             = 41004
	codeNoMediaID            = 41006
	codeNoUserID             = 41009
	codeNoAgent              = 41011
	codeNoTitle              = 41016
	codeNoTagID              = 41017
	codeNoExternal           = 41035
	codeNoWayType            = 41037
	codeNoWayScene           = 41038
	codeBadWayType           = 41039
	codeBadWayScene          = 41040
	codeWayTooManyPeople     = 41041
	codeNoConfigID           = 41043
	codeBadConfigID          = 41044
	codeTooManyWays          = 41045
	codeNoMsgID              = 41046
	codeBadMsgID             = 41047
	codeNobodyToSendTo       = 41048
	codeNoWelcomeCode        = 41049
	codeBadWelcomeCode       = 41050
	codeWelcomed             = 41051
	codeTooManyTemplates     = 41055
	codeForeignTemplate      = 41058
	codeNoMomentID           = 41059
	codeBadMomentID          = 41060
	codeNotMomentSender      = 41061
	codeMomentNotPublished   = 41062
	codeDispatching          = 41063
	codeTooManyAttachments   = 41064
	codeBadAttachmentKind    = 41065
	codeWrongMoment          = 41067
	codeTooManyWords         = 41068
	codeTooManyRules         = 41069
	codeBadRuleID            = 41070
	codeProductTextLength    = 41073
	codeBadProductID         = 41075
	codeRuleRange            = 41076
	codeRuleNameTaken        = 41077
	codeBadWord              = 41083
	codeBadSemantics         = 41084
	codeBadProductCode       = 41085
	codeBadPrice             = 41086
	codeNoAttachments        = 41088
	codeEmptyMoment          = 41089
	codeJoinWayGroups        = 41091
	codeMassCancelled        = 41093
	codeTooManyReminders     = 41094
	codeTooManyLinks         = 41095
	codeWelcomeUnderWay      = 41096
	codeTokenExpired         = 42001
	codeNeedGet              = 43001
	codeNeedPost             = 43002
	codeEmptyFile            = 44001
	codeEmptyText            = 44004
	codeFileTooBig           = 45001
	codeTooLong              = 45002
	codeTooManyCalls         = 45009
	codeTooManyAtOnce        = 45033
	codeTooManyOnPair        = 45035
	codeNoRight              = 48002
	codeGroupDismissed       = 49008
	codeOutOfRange           = 50002
	codeBadCursor            = 50100
	codeNoSuchDepartment     = 60003
	codeForbiddenIP          = 60020
	codeNoSuchMember         = 60111
	codeBadDepartment        = 60123
	codeNoMobile             = 60146
	codeNoEmail              = 60147
	codeNobodyReached        = 81013
	codeTooMany              = 81017
	codeTicketExpired        = 84014
	codeBadTicket            = 84015
	codeNoRelation           = 84061
	codeNotServing           = 84083
	codeOwnerHasNotLeft      = 90500
	codeNotCustomerGroup     = 90501
	codeOwnerHasLeft         = 90502
	codeSameOwner            = 90504
	codeGroupTransferred     = 90508
	codeBadOpenGroup         = 90511
	codeNotYours             = 301002
	codeNoArchive            = 301053
	codeTooManyAgreeRequests = 301060
	codeUnknownParties       = 301061
)

// refusal is an answer with an errcode other than 0.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return fmt.Sprintf("errcode %d: %s", r.code, r.text) }

func refuse(code int, text string) error { return &refusal{code, text} }
