package intake

import (
	"context"
	"slices"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// massRow is what was told of a mass message that Siyu did not make.
type massRow struct {
	Members []string `json:"m,omitempty"` // whose customers were told of, by id
	Over    bool     `json:"o,omitempty"`
}

func (b *Batch) massMessages() string { return "mass/" + string(b.Corp) }

// MassOver tells whether nothing more can come of a mass message.
func (b *Batch) MassOver(ctx context.Context, msgID string) (bool, error) {
	var row massRow
	_, err := b.row(ctx, b.massMessages(), msgID, &row)
	return row.Over, err
}

// EndMass notes that nothing more can come of a mass message.
func (b *Batch) EndMass(ctx context.Context, msgID string) error {
	if err := b.load(ctx, b.massMessages(), msgID); err != nil {
		return err
	}
	return b.remember(b.massMessages(), msgID, massRow{Over: true})
}

// MassTold tells whether it was told who of a member's customers received a mass
// message.
func (b *Batch) MassTold(ctx context.Context, msgID, userID string) (bool, error) {
	var row massRow
	_, err := b.row(ctx, b.massMessages(), msgID, &row)
	return slices.Contains(row.Members, id.Text(id.StaffOf(b.Corp, userID))), err
}

// EndMassOf notes that it was told who of a member's customers received a mass
// message.
func (b *Batch) EndMassOf(ctx context.Context, msgID, userID string) error {
	var row massRow
	if _, err := b.row(ctx, b.massMessages(), msgID, &row); err != nil {
		return err
	}
	row.Members = append(row.Members, id.Text(id.StaffOf(b.Corp, userID)))
	return b.remember(b.massMessages(), msgID, row)
}

// MassReceived tells who of a member's customers received a mass message that
// Siyu did not make. Addressees of whom no relation with the member was ever told
// are left out: nobody knows who they are.
func (b *Batch) MassReceived(ctx context.Context, message wecom.MassSendRecord, userID string, results []wecom.SendResult) error {
	addressees := make([]string, len(results))
	for i, r := range results {
		addressees[i] = r.ExternalUserID
	}
	if err := b.LoadRelations(ctx, userID, addressees); err != nil {
		return err
	}
	body := event.MassReceived{Staff: id.StaffOf(b.Corp, userID), Purpose: event.Remind}
	if message.Text != nil {
		body.Purpose = content.PurposeOf(message.Text.Content)
	}
	related := b.set(b.relations(userID)).rows
	for _, r := range results {
		if r.Status != wecom.SendDone || related[b.customerName(r.ExternalUserID)] == nil {
			continue
		}
		subject := event.Customer(id.CustomerOf(b.Corp, r.ExternalUserID))
		if err := b.tell(subject, r.Sent.Time(), body, message.MessageID, userID); err != nil {
			return err
		}
	}
	return nil
}
