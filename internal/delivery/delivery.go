// Package delivery turns decisions into WeCom tasks and messages through one
// gate, never twice.
//
// A Dispatch is one call to WeCom; a Touch is one message to one customer and
// belongs to a dispatch, or to a staff task that is done by hand. A dispatch
// moves like this, and no other way:
//
//	planned -> claimed -> calling -> accepted | rejected | in_doubt
//	in_doubt -> accepted (found in WeCom's own list) | resent | dropped (by a person)
//	planned -> dropped (nobody left to reach, window over, or a person)
//
// Calling is durable before the first byte leaves. A row found in calling by
// anyone but its live owner becomes in_doubt, never planned. The only way back
// to planned is taken by the owner itself, from claimed, or from calling when
// it knows that the call had no effect. After a restore a planned row may turn
// out accepted, because the backup is older than reality.
package delivery
