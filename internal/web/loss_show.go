package web

import (
	"fmt"
	"unicode/utf8"

	"siyu/internal/fault"
	"siyu/internal/id"
)

func (v *visit) lossList() error {
	alerts, err := v.Losses.LossAlerts(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.show("losses", Page{Title: v.lang.text("loss.title"), Menu: "today", Data: alerts})
}

type lossPage struct {
	LossView
	Wrong string
}

func (v *visit) lossShow() error { return v.showLoss("") }

func (v *visit) showLoss(wrong string) error {
	number, err := v.number("id")
	if err != nil {
		return err
	}
	found, err := v.Losses.LossAlert(v.r.Context(), v.seat.Scope, number)
	if err != nil {
		return err
	}
	return v.show("loss", Page{Title: v.lang.text("loss.title"), Menu: "today", Data: lossPage{found, wrong}})
}

// longestWord is how many letters a word on an alert has at most.
const longestWord = 500

func (v *visit) lossAnswer() error {
	number, err := v.number("id")
	if err != nil {
		return err
	}
	a := LossAnswer{Alert: number, State: LossState(v.r.FormValue("state")), Word: v.said("word")}
	switch {
	case a.State != LossSeen && a.State != LossClosed && a.State != LossOpen:
		err = fault.New(fault.Invalid, "answer alert: unknown state")
	case utf8.RuneCountInString(a.Word) > longestWord:
		err = fault.WithKey(fault.Invalid, "error.loss_word", fmt.Errorf("answer alert: a word of %d letters", utf8.RuneCountInString(a.Word)))
	case a.State == LossClosed && a.Word == "":
		err = fault.WithKey(fault.Invalid, "error.loss_word_none", fmt.Errorf("answer alert: closed without a word"))
	default:
		err = v.Losses.AnswerLoss(v.r.Context(), v.asker(), a)
	}
	if fault.CodeOf(err) == fault.Invalid {
		_, wrong := v.wrong(err)
		return v.showLoss(wrong)
	}
	if err != nil {
		return err
	}
	v.redirect("/losses/" + id.Text(number) + "?done=loss")
	return nil
}
