// Command offline-dev is a web shop that sends its email through Segmentflow, on a machine without a network. The
// emulator runs in the same process, and its dashboard shows what the shop sends while you click.
//
// Run it with: go run ./examples/offline-dev, and open both links that it prints. Read shop.go: nothing in it knows of
// the emulator. With -walk the program plays a customer by itself, and ends.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "offline-dev:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	shopAddr := flag.String("shop", "127.0.0.1:8080", "serve the shop at `HOST:PORT`")
	emulatorAddr := flag.String("emulator", "127.0.0.1:4010", "serve the emulator with its dashboard at `HOST:PORT`")
	walks := flag.Bool("walk", false, "play a customer on free ports, print the email, and end")
	flag.Parse()
	if *walks {
		*shopAddr, *emulatorAddr = "127.0.0.1:0", "127.0.0.1:0"
	}

	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emuListener, emuURL, err := listen(ctx, *emulatorAddr)
	if err != nil {
		return err
	}
	shopListener, shopURL, err := listen(ctx, *shopAddr)
	if err != nil {
		return errors.Join(err, emuListener.Close())
	}
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithLiveClock(), emulator.WithPublicURL(emuURL))
	if err != nil {
		return errors.Join(err, emuListener.Close(), shopListener.Close())
	}
	shop, err := openShop(emu, emuURL)
	if err != nil {
		return errors.Join(err, emuListener.Close(), shopListener.Close(), emu.Close())
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- emu.Serve(ctx, emuListener) }()
	go func() { ended <- serve(ctx, shopListener, shop) }()
	if *walks {
		err = walk(ctx, shopURL, emu)
		cancel()
	} else {
		fmt.Printf("The shop:      %s\nThe dashboard: %s\nPress Ctrl+C to end.\n", shopURL, emu.LoginURL())
	}
	first := <-ended
	cancel() // without the one, the other is of no use
	return errors.Join(err, first, <-ended, emu.Close())
}

// listen returns a listener and the URL that leads to it.
func listen(ctx context.Context, addr string) (net.Listener, string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, "", err
	}
	return listener, "http://" + listener.Addr().String(), nil
}

// openShop returns a shop that reaches the emulator as it would reach the hosted API: over HTTP. In production, use
// segmentflow.NewFromEnv.
func openShop(emu *emulator.Emulator, url string) (*Shop, error) {
	client, err := segmentflow.New(emu.APIKey(), segmentflow.WithBaseURL(url))
	if err != nil {
		return nil, err
	}
	return &Shop{
		Client:  client,
		Receipt: emu.ID("template", "order-receipt"),
		Shipped: emu.ID("template", "order-shipped"),
		Readers: emu.ID("subscriptionGroup", "trail-notes"),
	}, nil
}

// serve serves the shop until ctx ends. Customers whose forms are under way then get their answer.
func serve(ctx context.Context, listener net.Listener, shop *Shop) error {
	server := &http.Server{Handler: shop.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(patience)
}
