package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// runRedis starts the peer of a test, sets a key and stops it.
func runRedis() error {
	server, err := miniredis.Run()
	if err != nil {
		return err
	}
	defer server.Close()
	return server.Set("key", "value")
}

func (b *bench) start(context.Context) (result, error) {
	return b.versusStart(func() error { return startAndClose() }, runRedis)
}

// versusStart compares two ways to start something and close it.
func (b *bench) versusStart(call, base func() error) (result, error) {
	r, err := compare(b.Rounds, repeat(b.Turn, 1, call), repeat(b.Turn, 1, base))
	return r.result(), err
}

func startAndClose(opts ...emulator.Option) error {
	emu, err := emulator.New(opts...)
	if err != nil {
		return err
	}
	return emu.Close()
}

// startAndSend also sends the Template that a new world has, and reads the email.
func (b *bench) startAndSend(ctx context.Context) (result, error) {
	return b.versusStart(func() error {
		emu, err := emulator.New()
		if err != nil {
			return err
		}
		return errors.Join(sendAndRead(ctx, emu), emu.Close())
	}, runRedis)
}

func sendAndRead(ctx context.Context, emu *emulator.Emulator) error {
	_, err := emu.Client().Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	if err != nil {
		return err
	}
	mails := emu.Outbox().To("alex@example.com").All()
	if len(mails) != 1 || mails[0].Subject != "Hello" {
		return fmt.Errorf("found %d emails", len(mails))
	}
	return nil
}

func (b *bench) seededStart(context.Context) (result, error) {
	seed, err := acmeSeed()
	if err != nil {
		return result{}, err
	}
	return b.versusStart(
		func() error { return startAndClose(emulator.WithSeed(seed)) },
		func() error { return startAndClose() })
}

// startCommand compares processes from their start until they have answered a request. Then they are killed, so that
// their end does not count.
func (b *bench) startCommand(ctx context.Context) (result, error) {
	starting := func(command string, args ...string) turn {
		return func() (used time.Duration, err error) {
			binary, err := b.build(ctx, command)
			if err != nil {
				return 0, err
			}
			for range b.Starts {
				s, err := serve(ctx, binary, health, args...)
				if err != nil {
					return 0, err
				}
				used += s.stop()
			}
			return used / time.Duration(b.Starts), nil
		}
	}
	r, err := compare(b.Rounds, starting(emulatorCommand, "--addr", "ADDR"), starting(floorCommand, "-addr", "ADDR"))
	return r.result(), err
}
