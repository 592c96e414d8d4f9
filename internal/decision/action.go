// Package decision says what should be done today for whom, and what is
// withheld and why. It decides; it sends nothing. Every related customer gets
// exactly one answer a day: an Action or a Withheld.
package decision

import (
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// Action is one contact that should happen.
type Action struct {
	ID       int64     // derived from day and customer, so that planning twice is one plan
	Day      time.Time // start of the business day
	Customer id.Customer
	Staff    id.Staff // who does or confirms it
	Store    id.Store
	Corp     id.Corp
	Purpose  event.Purpose
	Channel  event.Channel
	Limiting insight.Part
	Line     id.Line          // what it is about, 0: nothing in particular
	Material string           // content code
	Gain     insight.Estimate // fen, treated minus left alone, over the horizon
	Raw      float64          // fen: Gain before it was corrected for its uncertainty
	Orders   float64          // that Gain stands for, of those that can be linked
	Cost     float64          // fen
	Because  []insight.Reason // strongest first
	// Probability with which this action was chosen among Alternatives, stored
	// so that effects can be estimated later without bias.
	Probability   float64
	Alternatives  []string
	Model         string    // version of the insight that was used
	Settings      int       // version of the settings that were used
	From, Until   time.Time // window; what is unconfirmed at Until is cancelled
	content.Drawn           // of the material's wordings
}

// Because says why a customer is left alone.
type Because string

// The reasons to leave a customer alone, in the order in which they are asked.
const (
	BecauseRefused     Because = "refused_marketing"
	BecauseHoldout     Because = "holdout"
	BecauseInDoubt     Because = "touch_in_doubt"    // an earlier message may or may not have gone out
	BecausePending     Because = "touch_unconfirmed" // an earlier task still waits for staff
	BecauseComplaint   Because = "complaint_open"
	BecauseBudgetDay   Because = "budget_day"
	BecauseBudgetWeek  Because = "budget_week"
	BecauseBudgetMonth Because = "budget_month"
	BecauseQuota       Because = "wecom_quota"
	BecauseStale       Because = "orders_stale"   // order source too old for a repurchase contact
	BecauseUnmeasured  Because = "not_measurable" // too few orders are linked
	BecauseEvidence    Because = "not_enough_evidence"
	BecauseFatigue     Because = "fatigue"
	BecauseNothing     Because = "nothing_pays" // no lever is worth its cost
	BecauseNotDue      Because = "not_due"
	BecauseSilent      Because = "long_silent" // the first contact after a long silence does not sell
	BecauseMaterial    Because = "no_material"
	BecauseStaff       Because = "no_staff"     // nobody active holds the relation
	BecauseLater       Because = "day_drawn"    // the lot put the contact on one of the next days
	BecauseWait        Because = "better_later" // a contact on one of the next days gains more
	BecauseCapacity    Because = "staff_capacity"
	BecauseCap         Because = "manager_cap" // a cap on all members together is reached by what gains more
	BecauseQuiet       Because = "quiet_hours" // no working time left today
)

// The reasons for which a contact that was decided does not happen after all.
const (
	BecauseGone   Because = "relation_ended" // deleted, erased, or no longer connected with the member
	BecauseBought Because = "bought_since"   // there is nothing left to remind of
	BecauseTwin   Because = "same_person"    // two records turned out to be one person, who gets it by the other
)

// The reasons, beside those of the plan, for which a step of a standard process does
// not sell.
const (
	BecauseDistrust   Because = "trust_limits" // trust is what is missing, or nearly
	BecauseUnpromised Because = "not_promised" // it speaks of a benefit that is not, or no longer, promised
)

// The reasons for which a customer is not asked into a group, or not any more.
const (
	BecauseInGroup Because = "in_group"      // is there already, or came by another way
	BecauseInvited Because = "invited_since" // was asked into it not long ago
	BecauseLeft    Because = "left_audience" // no longer in the audience that is invited
	BecauseStopped Because = "stopped"       // a person ended the invitation
)

// Withheld is one contact that does not happen, and why. Held-out customers
// keep what would have been done, so that the effect can be measured.
type Withheld struct {
	Day      time.Time
	Customer id.Customer
	Store    id.Store
	Because  Because
	Limiting insight.Part
	Purpose  event.Purpose // what would have been done, "" if nothing
	Gain     float64       // fen forgone, expected
}

// Plan is the whole answer for one day.
type Plan struct {
	Day      time.Time
	Actions  []Action
	Withheld []Withheld
	Prices   Prices
	Ahead    []Ahead
}
