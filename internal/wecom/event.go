package wecom

import (
	"encoding/xml"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Kinds of events Siyu acts on, as Event.Kind.
const (
	EventContact = "change_external_contact"
	EventGroup   = "change_external_chat"
	EventTag     = "change_external_tag"
	EventStaff   = "change_contact"
	EventArchive = "msgaudit_notify"
	EventLink    = "customer_acquisition"
)

// Changes of EventContact, as Event.Change.
const (
	CustomerAdded          = "add_external_contact"
	CustomerHalfAdded      = "add_half_external_contact" // the member has not confirmed
	CustomerEdited         = "edit_external_contact"     // no difference is given
	CustomerDeletedByStaff = "del_external_contact"
	StaffDeletedByCustomer = "del_follow_user"
	CustomerTransferFailed = "transfer_fail"
	ArchiveApproved        = "msg_audit_approved"
)

// Changes of EventGroup.
const (
	GroupCreated   = "create"
	GroupUpdated   = "update"
	GroupDismissed = "dismiss"
)

// Changes of EventTag.
const (
	TagCreated  = "create"
	TagUpdated  = "update"
	TagDeleted  = "delete"
	TagShuffled = "shuffle"
)

// Changes of EventStaff.
const (
	StaffCreated      = "create_user"
	StaffUpdated      = "update_user"
	StaffDeleted      = "delete_user"
	DepartmentCreated = "create_party"
	DepartmentUpdated = "update_party"
	DepartmentDeleted = "delete_party"
)

// What changed in a group, as Event.UpdateDetail.
const (
	GroupMembersAdded   = "add_member"
	GroupMembersRemoved = "del_member"
	GroupOwnerChanged   = "change_owner"
	GroupNameChanged    = "change_name"
	GroupNoticeChanged  = "change_notice"
)

// DeletedByTransfer is the Source of a deletion that was a transfer.
const DeletedByTransfer = "DELETE_BY_TRANSFER"

// Event is a decrypted callback. Every field may be absent and Change may be
// one nobody has documented: an event is a hint to look, not a record.
type Event struct {
	XMLName xml.Name `xml:"xml"`
	Corp    string   `xml:"ToUserName"`
	From    string   `xml:"FromUserName"`
	Created Number   `xml:"CreateTime"` // Unix seconds
	MsgType string   `xml:"MsgType"`    // "event", or the kind of a message to the app
	Kind    string   `xml:"Event"`
	Change  string   `xml:"ChangeType"`
	AgentID Number   `xml:"AgentID"`
	MsgID   string   `xml:"MsgId"` // of messages only

	UserID         string `xml:"UserID"`
	ExternalUserID string `xml:"ExternalUserID"`
	State          string `xml:"State"`
	WelcomeCode    Secret `xml:"WelcomeCode"`
	Source         string `xml:"Source"`
	FailReason     string `xml:"FailReason"`

	ChatID        string   `xml:"ChatId"`
	UpdateDetail  string   `xml:"UpdateDetail"`
	JoinScene     *Number  `xml:"JoinScene"`
	QuitScene     *Number  `xml:"QuitScene"`
	MemberCount   Number   `xml:"MemChangeCnt"`
	Members       []string `xml:"MemChangeList>Item"`
	LastVersion   string   `xml:"LastMemVer"`
	MemberVersion string   `xml:"CurMemVer"`

	ID         string `xml:"Id"` // of a tag, a tag group or a department
	TagType    string `xml:"TagType"`
	StrategyID string `xml:"StrategyId"`

	NewUserID      string `xml:"NewUserID"`
	Name           string `xml:"Name"`
	Departments    string `xml:"Department"` // ids separated by commas
	MainDepartment Number `xml:"MainDepartment"`
	Position       string `xml:"Position"`
	Status         Number `xml:"Status"`
	ParentID       string `xml:"ParentId"`

	LinkID      string `xml:"LinkId"`
	ExpireTime  Number `xml:"ExpireTime"`
	ExpireQuota Number `xml:"ExpireQuotaNum"`
	ChatKey     Secret `xml:"ChatKey"`

	EventKey string `xml:"EventKey"`
	TaskID   string `xml:"TaskId"`
	JobID    string `xml:"JobId"`
	Content  string `xml:"Content"`
}

// ErrEvent says that a decrypted callback is not XML.
var ErrEvent = errors.New("callback text is not an event")

// ParseEvent reads a decrypted callback. The error does not quote it.
func ParseEvent(plain []byte) (Event, error) {
	var e Event
	if xml.Unmarshal(plain, &e) == nil {
		return e, nil
	}
	e = Event{}
	if xml.Unmarshal(printable(plain), &e) != nil {
		return Event{}, ErrEvent
	}
	return e, nil
}

// At returns when the event happened, to the second.
func (e Event) At() time.Time { return Seconds(e.Created).Time() }

// printable drops what XML does not allow but nicknames contain.
func printable(text []byte) []byte {
	return []byte(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(text), string(utf8.RuneError))))
}
