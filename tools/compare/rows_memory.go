package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

// weigh returns the bytes of a world: those of its file, for which it is closed and opened again, or else those of the
// process.
func weigh(ctx context.Context, emu *emulator.Emulator, file string) (*emulator.Emulator, float64, error) {
	if file == "" {
		bytes, err := resident(ctx)
		return emu, bytes, err
	}
	if err := emu.Close(); err != nil {
		return nil, 0, err
	}
	bytes, err := fileBytes(file)
	if err != nil {
		return nil, 0, err
	}
	emu, err = emulator.New(emulator.WithDatabase(file), emulator.WithStartTime(moment))
	return emu, bytes, err
}

// weighed returns how many bytes an act adds to a world for each of its N things.
func weighed(
	ctx context.Context, emu *emulator.Emulator, a asked, act func(*emulator.Emulator) error,
) (float64, error) {
	emu, before, err := weigh(ctx, emu, a.File)
	if err != nil {
		return 0, err
	}
	if err := act(emu); err != nil {
		return 0, errors.Join(err, emu.Close())
	}
	emu, after, err := weigh(ctx, emu, a.File)
	if err != nil {
		return 0, err
	}
	return (after - before) / float64(a.N), emu.Close()
}

func (b *bench) mailMemory(ctx context.Context) (result, error) {
	return b.mail(ctx, "")
}

func (b *bench) mailFile(ctx context.Context) (result, error) {
	return b.mail(ctx, filepath.Join(b.dir, "mails.db"))
}

func (b *bench) mail(ctx context.Context, file string) (result, error) {
	got, err := askChild[mailSize](ctx, asked{What: "mails", N: b.Mails, File: file})
	return result{measured: size(got.Stored),
		detail: fmt.Sprintf("%d sends; HTML and text have %s", b.Mails, size(got.Content))}, err
}

type mailSize struct{ Stored, Content float64 }

// mailBytes returns the bytes of a stored receipt, and how many of them are its content. What the first sends allocate
// does not count.
func mailBytes(ctx context.Context, a asked) (got mailSize, err error) {
	emu, err := acme(database(a.File)...)
	if err != nil {
		return got, err
	}
	send := sender(ctx, emu)
	for range 100 {
		err = errors.Join(err, send())
	}
	mail := emu.Outbox().Last()
	if err != nil || mail == nil {
		return got, errors.Join(err, errors.New("there is no email"), emu.Close())
	}
	got.Content = float64(len(mail.HTML) + len(mail.Text))

	got.Stored, err = weighed(ctx, emu, a, func(emu *emulator.Emulator) error {
		client, template := emu.Client(), emu.ID("template", "order-receipt")
		for i := range a.N {
			if _, err := client.Emails.Send(ctx, floor.Receipt(template, i)); err != nil {
				return err
			}
		}
		return nil
	})
	return got, err
}
