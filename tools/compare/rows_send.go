package main

import (
	"context"
	"errors"
	"fmt"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

// sender returns a function that sends a receipt.
func sender(ctx context.Context, emu *emulator.Emulator) func() error {
	client, template, n := emu.Client(), emu.ID("template", "order-receipt"), 0
	return func() error {
		n++
		_, err := client.Emails.Send(ctx, floor.Receipt(template, n))
		return err
	}
}

func (b *bench) send(ctx context.Context) (result, error) {
	emu, err := acme()
	if err != nil {
		return result{}, err
	}
	got, err := b.vsFloor(1, sender(ctx, emu))
	return got, errors.Join(err, emu.Close())
}

func (b *bench) batchSend(ctx context.Context) (result, error) {
	emu, err := acme()
	if err != nil {
		return result{}, err
	}
	client, template, n := emu.Client(), emu.ID("template", "order-receipt"), 0
	got, err := b.vsFloor(100, func() error {
		params := &segmentflow.BatchSendParams{}
		for range 100 {
			n++
			one := floor.Receipt(template, n)
			params.Items = append(params.Items, segmentflow.BatchSendItem{
				IdempotencyKey: fmt.Sprint("receipt:", n), TemplateID: template, To: one.To, Data: one.Data})
		}
		batch, err := client.Emails.BatchSend(ctx, params)
		if err == nil && batch.Accepted != 100 {
			err = fmt.Errorf("only %d of 100 were accepted", batch.Accepted)
		}
		return err
	})
	return got, errors.Join(err, emu.Close())
}

// track tracks an event that all 20 Journeys listen to. The filters of five of them match.
func (b *bench) track(ctx context.Context) (result, error) {
	seed := emulator.Seed{}
	for i := range 20 {
		entry := fmt.Sprintf(
			`{"type": "event", "event": "order.created", "filter": {"$state": "/event/tier", "eq": %d}}`, i%4)
		j, err := journey(waitingJourney, fmt.Sprint("j", i), entry, "P3D")
		if err != nil {
			return result{}, err
		}
		seed.Journeys = append(seed.Journeys, j)
	}
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(moment))
	if err != nil {
		return result{}, err
	}
	client, n := emu.Client(), 0
	got, err := b.vsFloor(1, func() error {
		n++
		tracked, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
			Event:   "order.created",
			Profile: segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@example.com", n)},
			Data:    map[string]any{"tier": n % 4},
		})
		if err == nil && (tracked.MatchedJourneys != 20 || tracked.EnrolledJourneys != 5) {
			err = fmt.Errorf("%d matched, %d enrolled", tracked.MatchedJourneys, tracked.EnrolledJourneys)
		}
		return err
	})
	return got, errors.Join(err, emu.Close())
}
