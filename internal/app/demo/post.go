package demo

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
)

// postDays is for how many days the demo's members have time to confirm.
const postDays = 2

// post writes one post into all groups and one into everybody's Moments. They leave
// without a person, and members confirm them when they like.
func (d *Demo) post(ctx context.Context) error {
	groups, err := d.App.DB().Groups(ctx)
	if err != nil {
		return err
	}
	now := d.clock.Now()
	order := delivery.PostOrder{
		Key: "demo groups", Channel: event.GroupPost, Purpose: event.Serve, Text: "这周到了一批新茶，门店可以试喝。冷泡的话，4 克茶配 500 毫升凉水，冷藏 6 小时，不苦。",
		Link: "https://shop.example/new-tea", Title: "新茶怎么泡", Author: by, From: now, Until: now.AddDate(0, 0, postDays), Groups: groups,
	}
	moment := order
	moment.Key, moment.Channel, moment.Groups = "demo moments", event.Moments, nil
	moment.Text, moment.Link, moment.Title = "今天店里现烤了一炉豆子，路过闻闻看。", "", ""
	for _, s := range d.App.Brand().Org().Staff {
		moment.Members = append(moment.Members, s.ID)
	}
	for _, o := range []delivery.PostOrder{order, moment} {
		o.From = o.From.Add(time.Minute)
		if _, err := d.App.Posts().WritePost(ctx, o); err != nil {
			return fmt.Errorf("write a post: %w", err)
		}
	}
	return nil
}
