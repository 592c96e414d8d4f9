package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/decision"
)

// PricesName is under which the prices of days' plans are stored, beside models;
// the version is the day.
const PricesName = "plan_prices"

// PricesOf returns the prices of a day's plan, nil if there is none. The day's time
// must carry the brand's zone.
func PricesOf(ctx context.Context, known Understandings, day time.Time) (*decision.Prices, error) {
	version, document, err := known.NewestModel(ctx, PricesName)
	if err != nil {
		return nil, fmt.Errorf("read the day's prices: %w", err)
	}
	if version != day.Format(time.DateOnly) {
		return nil, nil
	}
	p := new(decision.Prices)
	if err := json.Unmarshal(document, p); err != nil {
		return nil, fmt.Errorf("read the day's prices: %w", err)
	}
	return p, nil
}

// pricesBefore returns the prices of the last night before a day, nil if there was
// none. A night of the day itself that was broken off may have left some, too.
func pricesBefore(ctx context.Context, known Understandings, day time.Time) (*decision.Prices, error) {
	document, err := known.ModelBefore(ctx, PricesName, day.Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("read the last night's prices: %w", err)
	}
	if document == nil {
		return nil, nil
	}
	p := new(decision.Prices)
	if err := json.Unmarshal(document, p); err != nil {
		return nil, fmt.Errorf("read the last night's prices: %w", err)
	}
	return p, nil
}

func (f *Flow) savePrices(ctx context.Context, day time.Time, p decision.Prices) error {
	document, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write the day's prices: %w", err)
	}
	if err := f.known.SaveModel(ctx, PricesName, day.Format(time.DateOnly), document); err != nil {
		return fmt.Errorf("store the day's prices: %w", err)
	}
	return nil
}
