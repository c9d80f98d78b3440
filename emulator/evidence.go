package emulator

// WithEvidence keeps the world of a test that fails in a file, and logs a command that opens it in the dashboard. The
// clock then stands at the instant at which the test ended, and nothing has run since. A test that passes leaves
// nothing.
//
// With go test -artifacts the file is in t.ArtifactDir(), otherwise in a new directory below os.TempDir(). An emulator
// on a database file keeps a copy of it. The file contains the world's secrets, such as API keys. The test is the one
// passed to Start or Fork. An emulator made with New has no test, so New refuses the option.
func WithEvidence() Option { return func(opts *options) { opts.evidence = true } }
