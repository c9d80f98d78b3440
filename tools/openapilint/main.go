// Command openapilint lints an OpenAPI document: openapilint CONFIG.yaml OPENAPI.yaml. It prints every finding, and
// fails if there is one, even a hint. The configuration lists the rules.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/speakeasy-api/openapi/linter"
	"github.com/speakeasy-api/openapi/openapi"
	openapilinter "github.com/speakeasy-api/openapi/openapi/linter"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: openapilint CONFIG.yaml OPENAPI.yaml")
		os.Exit(2)
	}
	if err := lint(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "openapilint:", err)
		os.Exit(1)
	}
}

func lint(ctx context.Context, configPath, path string) error {
	config, err := linter.LoadConfigFromFile(configPath)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()

	document, invalid, err := openapi.Unmarshal(ctx, file)
	if err != nil {
		return err
	}
	l, err := openapilinter.NewLinter(config)
	if err != nil {
		return err
	}
	output, err := l.Lint(ctx, linter.NewDocumentInfo(document, path), invalid, nil)
	if err != nil {
		return err
	}

	for _, finding := range output.Results {
		fmt.Printf("%s: %v\n", path, finding)
	}
	if len(output.Results) > 0 {
		return fmt.Errorf("%s has %d findings", path, len(output.Results))
	}
	return nil
}
