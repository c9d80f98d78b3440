package segmentflowotel_test

import (
	"context"
	"fmt"
	"log"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	segmentflowotel "github.com/segmentflow/segmentflow-go/otel"
)

// The example sends one email to an emulator and prints its spans. A program that sends to Segmentflow makes its client
// with segmentflow.New(apiKey, segmentflowotel.Instrument()), and sets the global providers of OpenTelemetry.
func ExampleInstrument() {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	emu, err := emulator.New()
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, Status: 503}) // the first attempt fails

	client, err := segmentflow.New(emu.APIKey(),
		append(emu.ClientOptions(), segmentflowotel.Instrument(segmentflowotel.WithTracerProvider(provider)))...)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}

	for _, span := range spans.GetSpans() {
		fmt.Printf("%s: %s", span.SpanKind, span.Name)
		for _, attr := range span.Attributes {
			if attr.Key == "http.response.status_code" || attr.Key == "segmentflow.attempts" {
				fmt.Printf(", %s %s", attr.Key, attr.Value.String())
			}
		}
		fmt.Println()
	}
	// Output:
	// client: POST /api/v1/emails, http.response.status_code 503
	// client: POST /api/v1/emails, http.response.status_code 200
	// internal: segmentflow sendEmail, http.response.status_code 200, segmentflow.attempts 2
}
