package web

import (
	"context"
	"time"

	"siyu/internal/insight/lifecycle"
	"siyu/internal/measurement/cohort"
	"siyu/internal/org"
)

// Stages reads where customers stand in the brand's rhythm of buying, and sets the
// cut points by which they are told.
type Stages interface {
	// Stages returns the counts of the scope's stores as the last night kept them, and
	// the cut points of the brand. A scope of one member has none: fault.NotFound.
	Stages(ctx context.Context, scope org.Scope) (StagesView, error)
	// SetStage sets the cut points of one product line, or gives them back to the own
	// data. They are in force from the next night on, and at once for customers of whom
	// something new arrives. Errors as of Texts.SetText.
	SetStage(ctx context.Context, by Asker, f StageForm) error
	// SetMature sets from how many orders a customer is mature; errors as of SetStage.
	SetMature(ctx context.Context, by Asker, f MatureForm) error
}

// StagesView is the stages of a scope.
type StagesView struct {
	AsOf      time.Time         // of the night that counted; zero: none has yet
	Stages    []cohort.StageSum // in the order of a customer's life
	Stores    []StoreStages     // most customers first
	LearnedAt time.Time         // zero: nothing learned yet, the stated prior speaks
	Version   int               // of what is set
	Mature    int               // days with an order from which a customer is mature
	Cuts      []CutView         // of the brand, then of its product lines
}

// StoreStages is how many customers of a store are in each stage, in the order of
// StagesView.Stages.
type StoreStages struct {
	Name      string // "" for customers who belong to no store
	Customers []int
}

// CutView is the cut points of one product line.
type CutView struct {
	lifecycle.Point // in force; Code "" is the brand as a whole
	Name            string
	From            lifecycle.From
	Learned         lifecycle.Cut // from the own data
}

// StageForm is the cut points of a product line as a person enters them.
type StageForm struct {
	Version         int
	Code            string // of the line, "" for the brand
	Own             bool   // from the own data; the days mean nothing then
	Declining, Lost int    // days
}

// Flaws returns what is wrong with the cut points by themselves.
func (f StageForm) Flaws() Flaws {
	flaws := Flaws{}
	if f.Own {
		return flaws
	}
	if f.Declining < 1 || f.Declining >= lifecycle.MostDays {
		flaws.Add("declining", "error.stage_declining")
	}
	if f.Lost <= f.Declining || f.Lost > lifecycle.MostDays {
		flaws.Add("lost", "error.stage_lost")
	}
	return flaws
}

// MatureForm is from how many days with an order a customer is mature.
type MatureForm struct {
	Version int
	Orders  int
}

// Flaws returns what is wrong with the number by itself.
func (f MatureForm) Flaws() Flaws {
	flaws := Flaws{}
	if f.Orders < 2 || f.Orders > lifecycle.MostMature {
		flaws.Add("mature", "error.stage_mature")
	}
	return flaws
}
