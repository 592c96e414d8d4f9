package wecom

import "context"

// ArchiveEdition is a paid edition of the message archive.
type ArchiveEdition int

// Editions of the archive.
const (
	ArchiveAny     ArchiveEdition = 0
	ArchiveOffice  ArchiveEdition = 1
	ArchiveService ArchiveEdition = 2
	ArchiveCorp    ArchiveEdition = 3
)

// ArchivedMembers returns the userids whose chats are archived. The client
// must have the archive's secret.
func (c *Client) ArchivedMembers(ctx context.Context, edition ArchiveEdition) ([]string, error) {
	got, err := read[struct {
		answer
		IDs []string `json:"ids"`
	}](ctx, c, "msgaudit/get_permit_user_list", struct {
		Type ArchiveEdition `json:"type,omitempty"`
	}{edition})
	return got.IDs, err
}
