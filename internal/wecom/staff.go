package wecom

import (
	"context"
	"net/url"
	"strconv"
)

// Staff status as the platform counts it.
const (
	StaffActive   = 1
	StaffDisabled = 2
	StaffInactive = 4
	StaffLeft     = 5
)

// Membership is one member in one department.
type Membership struct {
	UserID     string `json:"userid"`
	Department int64  `json:"department"`
}

// Member is a member of staff as the app may see him: apps made since June
// 2022 get neither phone nor mail nor avatar.
type Member struct {
	UserID         string   `json:"userid"`
	Name           string   `json:"name"`
	Departments    []int64  `json:"department"`
	MainDepartment int64    `json:"main_department"`
	IsLeaderIn     []Number `json:"is_leader_in_dept"` // 0 or 1, in the order of Departments
	DirectLeaders  []string `json:"direct_leader"`
	Position       string   `json:"position"`
	Alias          string   `json:"alias"`
	Status         Number   `json:"status"`
	Mobile         string   `json:"mobile"`
	OpenUserID     string   `json:"open_userid"`
}

// Department is a department as far as the app may see it; Name may be empty.
type Department struct {
	ID      int64    `json:"id"`
	Name    string   `json:"name"`
	Parent  int64    `json:"parentid"`
	Order   Number   `json:"order"` // larger first
	Leaders []string `json:"department_leader"`
}

// MembershipPage is a page of who is in which department.
type MembershipPage struct {
	Memberships []Membership `json:"dept_user"`
	Next        string       `json:"next_cursor"` // empty: the last page
}

const membershipPage = 10_000

// Memberships returns a page of the ids of all members in the app's scope. A
// member of two departments comes twice.
func (c *Client) Memberships(ctx context.Context, cursor string) (MembershipPage, error) {
	got, err := read[struct {
		answer
		MembershipPage
	}](ctx, c, "user/list_id", struct {
		Cursor string `json:"cursor,omitempty"`
		Limit  int    `json:"limit"`
	}{cursor, membershipPage})
	return got.MembershipPage, err
}

// Member returns one member.
func (c *Client) Member(ctx context.Context, userID string) (Member, error) {
	got, err := get[struct {
		answer
		Member
	}](ctx, c, "user/get", url.Values{"userid": {userID}})
	return got.Member, err
}

// MembersOf returns the direct members of a department, with names only.
func (c *Client) MembersOf(ctx context.Context, department int64) ([]Member, error) {
	got, err := get[struct {
		answer
		Members []Member `json:"userlist"`
	}](ctx, c, "user/simplelist", url.Values{"department_id": {strconv.FormatInt(department, 10)}})
	return got.Members, err
}

// DepartmentIDs returns id, parent and order of a department and all below
// it; 0 means all in scope.
func (c *Client) DepartmentIDs(ctx context.Context, root int64) ([]Department, error) {
	got, err := get[struct {
		answer
		Departments []Department `json:"department_id"`
	}](ctx, c, "department/simplelist", departmentQuery(root))
	return got.Departments, err
}

// Departments returns departments with names. It is closed to some apps made
// since August 2022: use DepartmentIDs and Department there.
func (c *Client) Departments(ctx context.Context, root int64) ([]Department, error) {
	got, err := get[struct {
		answer
		Departments []Department `json:"department"`
	}](ctx, c, "department/list", departmentQuery(root))
	return got.Departments, err
}

// Department returns one department.
func (c *Client) Department(ctx context.Context, department int64) (Department, error) {
	got, err := get[struct {
		answer
		Department Department `json:"department"`
	}](ctx, c, "department/get", departmentQuery(department))
	return got.Department, err
}

func departmentQuery(department int64) url.Values {
	if department == 0 {
		return nil
	}
	return url.Values{"id": {strconv.FormatInt(department, 10)}}
}

// FollowUsers returns the userids in scope that may have customers.
func (c *Client) FollowUsers(ctx context.Context) ([]string, error) {
	got, err := get[struct {
		answer
		UserIDs []string `json:"follow_user"`
	}](ctx, c, "externalcontact/get_follow_user_list", nil)
	return got.UserIDs, err
}
