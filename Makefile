# `make check` runs everything that CI runs. It needs Go, git, a C compiler for the race detector, Node with npm,
# Python 3, curl, Chromium and, as root, buildah.

GENERATED := emulator/internal/api emulator/internal/control/openapi.json emulator/internal/store/empty.image \
	emulator/internal/seedschema/seed.schema.json seed.schema.json
NODE_MODULES := tools/openapi/node_modules/.package-lock.json
AXE := internal/browsertest/node_modules/.package-lock.json

# Modules of users. The patterns of the root do not match them.
NESTED := internal/browsertest internal/consumertest internal/languagestest otel

.NOTPARALLEL:

.PHONY: check
check: test-root check-rest

# What .ci/run runs after the tests of the root, which the README tells a newcomer to run.
.PHONY: check-rest
check-rest: tidy-check paths-check generate-check api-diff test-nested browser languages lint lint-openapi race \
	fuzz bench-compile release-check container-check

.PHONY: generate
generate:
	go generate ./...

# The generated files must be the same as the committed or staged ones.
.PHONY: generate-check
generate-check: generate
	git --no-pager diff --exit-code -- $(GENERATED)
	@untracked="$$(git ls-files --others --exclude-standard -- $(GENERATED))"; \
	test -z "$$untracked" || { echo "not in git: $$untracked" >&2; exit 1; }

.PHONY: tidy-check
tidy-check:
	go mod tidy -diff
	cd tools && go mod tidy -diff
	cd tools/golangci && go mod tidy -diff
	cd tools/compare && go mod tidy -diff
	@set -ex; for module in $(NESTED); do (cd $$module && go mod tidy -diff); done

# No file may have a path of the machine that it was written on, as the output of a failed test has.
.PHONY: paths-check
paths-check:
	@! git --no-pager grep -InE '(^|[[:space:]"(=])/((root|home/[a-z]+|Users/[A-Za-z]+)/|[^[:space:]]+\.go:[0-9])' || \
		{ echo "these are paths of one machine" >&2; exit 1; }

# The linter does this too, so check leaves it out, and so do tests that only run again.
.PHONY: vet
vet:
	go vet ./...
	cd tools && go vet ./...
	cd tools/compare && go vet ./...
	@set -ex; for module in $(NESTED); do (cd $$module && go vet ./...); done

GOLANGCI_LINT := bin/golangci-lint
$(GOLANGCI_LINT): tools/golangci/go.mod tools/golangci/go.sum
	cd tools/golangci && go build -o ../../bin/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# One run lints all modules, so it reads their dependencies once. For that they are one workspace, which only the linter
# has. Two checkouts can be linted at the same time.
LINTED := . tools tools/compare $(NESTED)
WORKSPACE := GOWORK=$(CURDIR)/bin/go.work

.PHONY: lint
lint: $(GOLANGCI_LINT)
	rm -f bin/go.work bin/go.work.sum
	$(WORKSPACE) go work init $(LINTED:%=./%)
	$(WORKSPACE) $(GOLANGCI_LINT) run --allow-parallel-runners $(LINTED:%=./%/...)

.PHONY: lint-openapi
lint-openapi: $(NODE_MODULES)
	cd tools && go run ./openapilint ../openapi-lint.yaml ../openapi.yaml
	cd tools/openapi && REDOCLY_TELEMETRY=off npm run --silent check

# npm writes this file last.
$(NODE_MODULES): tools/openapi/package.json tools/openapi/package-lock.json
	cd tools/openapi && npm ci
	touch $@

# The packages that users import. api/changes.txt must have every change of their API since the last release.
API := . emulator emulator/define $(wildcard otel)

.PHONY: api-diff
api-diff:
	cd tools && go test ./apidiff && go run ./apidiff $(if $(UPDATE),-update) .. $(API)

# make api-release VERSION=v0.2.0 makes the API of now that of the last release.
.PHONY: api-release
api-release:
	cd tools && go run ./apidiff -release "$${VERSION:?such as v0.2.0}" .. $(API)

.PHONY: test
test: test-root test-nested

.PHONY: test-root
test-root:
	go test ./...

.PHONY: test-nested
test-nested:
	@set -ex; for module in $(filter-out internal/browsertest internal/languagestest,$(NESTED)); do (cd $$module && go test ./...); done

# The dashboard in headless Chromium. axe-core has the rules of accessibility.
.PHONY: browser
browser: $(AXE)
	cd internal/browsertest && go test ./...

$(AXE): internal/browsertest/package.json internal/browsertest/package-lock.json
	cd internal/browsertest && npm ci --ignore-scripts
	touch $@

# Does what docs/other-languages.md says, as it is printed. It takes the ports 4010 and 4011.
.PHONY: languages
languages:
	cd internal/languagestest && go test -count=1 ./...

# Takes the picture of the README anew.
.PHONY: picture
picture:
	cd internal/browsertest && UPDATE=1 go test -count=1 -run TestThePictureOfTheREADME ./...

# The race detector does not watch the inside of SQLite, where it would spend most of the time. It watches package
# store, through which all calls of SQLite go. It leaves out packages whose tests start other programs or read source,
# and leaves of the emulator that start no goroutine and keep no state: its own tests call those from many goroutines.
UNWATCHED := -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false
UNSHARED := examples internal/house emulator/define emulator/internal/carriers emulator/internal/cond \
	emulator/internal/format emulator/internal/graph emulator/internal/journey emulator/internal/mail \
	emulator/internal/outcome emulator/internal/sample emulator/internal/shell emulator/internal/walk

.PHONY: race
race:
	go test -race $(UNWATCHED) -vet=off -shuffle=on -timeout 30m \
		$$(go list ./... | grep -v $(patsubst %,-e '/%$$',$(UNSHARED)))

# Fuzz two targets at a time, on one processor each. An input that fails is written to testdata/fuzz of the package. The
# go command instruments everything that a package imports, which takes longer than the fuzzing. So these are targets of
# packages that import little, and each package is built first. Tests run the inputs that are kept for all targets.
FUZZTIME ?= 5s
FUZZ ?= \
	internal/fuzz/FuzzReply internal/fuzz/FuzzErrorReply internal/fuzz/FuzzRetryAfter internal/fuzz/FuzzCursor \
	internal/fuzz/FuzzRateLimit internal/fuzz/FuzzWebhook \
	emulator/internal/gateway/FuzzCursor emulator/internal/carriers/FuzzScheduledAt emulator/internal/mail/FuzzAddress \
	emulator/internal/cond/FuzzDuration emulator/internal/cond/FuzzInstant emulator/internal/cond/FuzzPointer \
	emulator/internal/cond/FuzzParse emulator/internal/wire/FuzzQuickDecode

.PHONY: fuzz
fuzz:
	@set -e; for package in $(sort $(dir $(FUZZ))); do go test -c -fuzz . -o /dev/null "./$$package"; done
	@printf '%s\n' $(FUZZ) | xargs -P 2 -I{} tools/fuzz.sh {} $(FUZZTIME)

# Examples run offline, as in the tests of package examples: without an API key, and with a proxy that does not exist,
# so that a request to another machine fails. The one that serves until it is stopped plays a customer instead.
.PHONY: examples
examples:
	@set -e; for example in examples/*/; do \
		case $$example in examples/offline-dev/) args=-walk ;; *) args= ;; esac; \
		echo "go run ./$$example $$args"; \
		env -u SEGMENTFLOW_API_KEY -u SEGMENTFLOW_BASE_URL \
			HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 go run "./$$example" $$args; \
	done

# The packages that have benchmarks.
BENCHED = $$(git grep -l '^func Benchmark' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|')

# Run each benchmark once and small, to see that it still works. The tests of tools/compare measure each row so.
.PHONY: bench-compile
bench-compile:
	go test -vet=off -run '^$$' -bench . -benchtime 1x -short $(BENCHED)
	cd tools/compare && go test -vet=off ./...

# goreleaser is large and runs for a second, so it is built without optimization. The standard library is the one that
# everything else was built with.
GORELEASER := bin/goreleaser
$(GORELEASER): tools/goreleaser/go.mod tools/goreleaser/go.sum
	cd tools/goreleaser && go build -gcflags='all=-N -l' -gcflags=std= -ldflags='-s -w' -o ../../bin/ \
		github.com/goreleaser/goreleaser/v2

# Check .goreleaser.yaml, and make a snapshot of it for this machine alone, since each target takes most of a minute.
# The tests unpack the archives and run the command. They only check the types of the command for the other targets.
ONE := bin/goreleaser-one.yaml
RELEASE_TEST := cd tools && go test -count=1 ./release

.PHONY: release-check
release-check: $(GORELEASER)
	$(GORELEASER) check
	sed -e "s/^    goos: .*/    goos: [$$(go env GOOS)]/" -e "s/^    goarch: .*/    goarch: [$$(go env GOARCH)]/" \
		.goreleaser.yaml > $(ONE)
	$(GORELEASER) release --snapshot --clean --config $(ONE)
	$(RELEASE_TEST) -skip Container

# All archives of a release.
.PHONY: snapshot
snapshot: $(GORELEASER)
	$(GORELEASER) check
	$(GORELEASER) release --snapshot --clean
	$(RELEASE_TEST) -skip Container

# The image, built without an engine and without an image of a registry, and the command in it.
.PHONY: container-check
container-check:
	$(RELEASE_TEST) -run Container -v

.PHONY: bench
bench:
	go test -run '^$$' -bench . -benchmem ./...

# Compare the emulator with a floor and with peers on this machine; docs/performance.md explains the tables. For example:
# make bench-compare ARGS='-quick -rows send', or ARGS=-growth
.PHONY: bench-compare
bench-compare:
	cd tools/compare && go run . $(ARGS)
