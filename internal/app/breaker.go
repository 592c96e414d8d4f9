package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"siyu/internal/account"
	"siyu/internal/delivery"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// mostHaltText is how much of a halted text the message about it says, in
// characters: a card shows 512 bytes.
const mostHaltText = 60

// tellHalted tells owners and leads who are members of the corp that a mass send
// waits for their decision, once each. Who could not be told sees it on Today.
func (a *App) tellHalted(ctx context.Context) error {
	halted, err := a.db.Sends(ctx, delivery.SendQuery{States: []delivery.SendState{delivery.Halted}})
	if err != nil {
		return err
	}
	for i := range halted {
		if !halted[i].Told.IsZero() {
			continue
		}
		// Noted first: a message too few is better than one every ten seconds.
		err := a.db.ChangeSend(ctx, halted[i].ID, func(s *delivery.Send) error { s.Told = a.clock.Now(); return nil })
		if err != nil {
			return fmt.Errorf("note that people are told of send %d: %w", halted[i].ID, err)
		}
		if err := a.tellOf(ctx, &halted[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) tellOf(ctx context.Context, s *delivery.Send) error {
	l := a.link.Load()
	if l == nil || l.Agent == 0 {
		return nil
	}
	accounts, err := a.db.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("look for whom to tell: %w", err)
	}
	var to []id.Staff
	for _, one := range accounts {
		if one.Active && (one.Role == account.Owner || one.Role == account.Lead) {
			to = append(to, one.Staff)
		}
	}
	general, text := a.brand.Documents().General, []rune(s.Text)
	if len(text) > mostHaltText {
		text = append(text[:mostHaltText:mostHaltText], '…')
	}
	card := wecom.TextCard{Title: general.HaltTitle, URL: a.config.PublicURL + "/touch/stopped", Description: strings.NewReplacer("{text}", string(text),
		"{events}", strconv.Itoa(s.Evidence.Events), "{delivered}", strconv.Itoa(s.Evidence.Delivered)).Replace(general.HaltText)}
	told, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	if err := a.sendCard(told, l, to, card); err != nil {
		return errors.Join(errors.New("tell of a halted send"), err)
	}
	return nil
}

// tellWithin bounds how long messages to customers wait for a message about them.
const tellWithin = 5 * time.Second
