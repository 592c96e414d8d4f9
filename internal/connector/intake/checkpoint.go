package intake

import "context"

// Checkpoint reads what a long run noted under a name, and reports whether
// there was anything.
func (b *Batch) Checkpoint(ctx context.Context, name string, into any) (bool, error) {
	return b.row(ctx, b.checkpoints(), name, into)
}

// SetCheckpoint notes how far a long run is; it is stored by Commit, after the
// facts it speaks of.
func (b *Batch) SetCheckpoint(ctx context.Context, name string, value any) error {
	if err := b.load(ctx, b.checkpoints(), name); err != nil {
		return err
	}
	return b.remember(b.checkpoints(), name, value)
}

func (b *Batch) checkpoints() string { return "checkpoint/" + string(b.Corp) }
