package segmentflow_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func ExampleNew() {
	client, err := segmentflow.New("sk_live_0123456789",
		segmentflow.WithTimeout(10*time.Second), // of one attempt; the context limits the whole call
		segmentflow.WithMaxRetries(4),
		segmentflow.WithUserAgent("shop/1.0"),
	)
	if err != nil {
		log.Fatal(err)
	}
	_ = client.Emails // one client serves the whole program, all goroutines included

	_, err = segmentflow.New("sk_live_0123456789", segmentflow.WithBaseURL("http://api.example.com"))
	fmt.Println(err)
	// Output:
	// segmentflow: plain http would send the API key unencrypted; use https, or allow it with WithInsecureHTTP
}

// The key and the address come from the environment, so that a program can use an emulator without a change.
func ExampleNewFromEnv() {
	emu := acme()
	defer emu.Close()
	for name, value := range map[string]string{ // the shell or the container does this
		"SEGMENTFLOW_API_KEY":  emu.APIKey(),
		"SEGMENTFLOW_BASE_URL": emu.URL(),
	} {
		if err := os.Setenv(name, value); err != nil {
			log.Fatal(err)
		}
		defer os.Unsetenv(name)
	}

	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	segments, err := client.Segments.List(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(segments.Segments), "segments")
	// Output: 3 segments
}

// Do calls a route that the package has no method for.
func ExampleClient_Do() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	var segment struct {
		Name string `json:"name"`
	}
	path := "/api/v1/segments/" + emu.ID("segment", "gold") // escape what comes from outside with url.PathEscape
	if err := client.Do(ctx, http.MethodGet, path, nil, &segment); err != nil {
		log.Fatal(err)
	}
	fmt.Println(segment.Name)
	// Output: Gold members
}

// Response describes the last HTTP response to a call, also if the call failed.
func ExampleWithResponse() {
	emu := acme()
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "retrieveTemplate", Status: http.StatusServiceUnavailable, Times: 1})

	var resp segmentflow.Response
	_, err := emu.Client().Templates.Retrieve(context.Background(), emu.ID("template", "order-receipt"),
		segmentflow.WithResponse(&resp))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Status, "after", resp.Attempts, "attempts; has a request id:", resp.RequestID != "")
	// Output: 200 after 2 attempts; has a request id: true
}

// The log has one record for each attempt, without the API key and without any value of the request.
func ExampleWithLogger() {
	emu := acme()
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "retrieveTemplate", Status: http.StatusServiceUnavailable, Times: 1})

	// In a program, use slog.Default(). This handler leaves out what changes from run to run.
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			switch attr.Key {
			case "operation", "status", "attempt":
				return attr
			}
			return slog.Attr{}
		},
	}))
	client := emu.Client(segmentflow.WithLogger(logger))
	if _, err := client.Templates.Retrieve(context.Background(), emu.ID("template", "order-receipt")); err != nil {
		log.Fatal(err)
	}
	// Output:
	// operation=retrieveTemplate status=503 attempt=1
	// operation=retrieveTemplate status=200 attempt=2
}

// A middleware sees every attempt. Clone a request before you change it.
func ExampleWithMiddleware() {
	emu := acme()
	defer emu.Close()

	count := 0
	counting := func(next http.RoundTripper) http.RoundTripper {
		// roundTripper is a func type whose method RoundTrip calls the func.
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			count++
			return next.RoundTrip(req)
		})
	}
	client := emu.Client(segmentflow.WithMiddleware(counting))
	for _, err := range client.Profiles.All(context.Background(), &segmentflow.ListProfilesParams{Limit: 1}) {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(count, "requests for 4 pages")
	// Output: 4 requests for 4 pages
}
