// Command cmd serves the floor on an address: the bare server that the emulator's command is compared with.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"

	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "listen on `HOST:PORT`")
	flag.Parse()
	handler, err := floor.New(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(*addr, handler))
}
