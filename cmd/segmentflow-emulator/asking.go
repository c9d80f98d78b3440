package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"
)

// This file has what the subcommands that ask a running emulator have in common.

// errSetting is a value of a flag that does not fit.
var errSetting = errors.New("invalid value")

// parseAsking reads the flags of a subcommand, of which one sets the address of the emulator.
func parseAsking(flags *flag.FlagSet, address *string, args []string) error {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, errHelp):
		return err
	case err != nil:
		return fmt.Errorf("%w; --help lists the flags", err)
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q; --help lists the flags", flags.Arg(0))
	}
	at, err := url.Parse(*address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" {
		return fmt.Errorf("%w %q for flag -url: must be an address such as http://127.0.0.1:4010", errSetting, *address)
	}
	*address = strings.TrimRight(*address, "/")
	return nil
}
