# Every target carries its explanation behind "##"; help prints them. All that is needed is Go; what a target needs beside
# it, it says.

LINT_VERSION := v2.15.0
LINT_PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

PACKAGES  ?= ./...
TESTFLAGS ?=
BENCHFLAGS ?=
PROOFFLAGS ?=
MUTANTFLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help test race bench bench-large bench-postgres proof proof-small proof-night proof-page mutants esdb-official lint fmt

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PACKAGES=./saga/... limits test, race and lint; TESTFLAGS='-run Name -v' goes to go test;"
	@echo "  BENCHFLAGS='-run append' goes to the benchmark program;"
	@echo "  PROOFFLAGS='-only simulation' goes to the proof; MUTANTFLAGS='-run pivot' to the mutants."

test: ## vet and test everything (needs Go and the server programs of PostgreSQL, no C compiler)
	go vet $(PACKAGES)
	go test -timeout 15m $(TESTFLAGS) $(PACKAGES)

race: ## test everything under the race detector (needs a C compiler)
	@command -v "$$(go env CC)" >/dev/null || { \
		echo "make race: the race detector needs a C compiler, and $$(go env CC) is not installed;" >&2; \
		echo "install gcc or clang, for instance by: apt-get install gcc libc6-dev" >&2; exit 1; }
	CGO_ENABLED=1 GORACE="suppressions=$(CURDIR)/eventstore/esdb/testdata/race.supp" go test -race -timeout 20m $(TESTFLAGS) $(PACKAGES)

bench: ## measure what is promised about speed and memory (some minutes)
	go run ./internal/bench $(BENCHFLAGS)

bench-large: ## the same for the large rows, among a million finished sagas (needs 2 GB of disk)
	go run ./internal/bench -large $(BENCHFLAGS)

bench-postgres: ## measure the store in PostgreSQL (needs its server programs installed)
	go test ./eventstore/postgres -run '^$$' -bench . -benchtime 5s

proof: ## run every campaign (half an hour on 2 processors) and write docs/proof.md
	go run ./internal/proofrun -size proof -results docs/proof.jsonl -report docs/proof.md $(PROOFFLAGS)

proof-small: ## the same campaigns in some minutes, without a report
	go run ./internal/proofrun -size small $(PROOFFLAGS)

proof-night: ## the same campaigns for a night, and docs/proof.md
	go run ./internal/proofrun -size night -results docs/proof.jsonl -report docs/proof.md $(PROOFFLAGS)

proof-page: ## write docs/proof.md once more from the results in docs/proof.jsonl
	go run ./internal/proofrun -again -results docs/proof.jsonl -report docs/proof.md

mutants: ## show for every deliberate defect which test notices it (about four minutes on 2 processors)
	go run ./internal/mutants $(MUTANTFLAGS)

esdb-official: ## run the official EventStoreDB client's tests against the server for tests (ports 2111-2113, module proxy)
	go run ./internal/esdbtest/officialtest

lint: ## run golangci-lint with .golangci.yml (installed, or fetched by Go and built once)
	@if golangci-lint version 2>/dev/null | grep -q '$(LINT_VERSION:v%=%)'; then \
		golangci-lint run $(PACKAGES); \
	elif go run $(LINT_PACKAGE) version >/dev/null; then \
		go run $(LINT_PACKAGE) run $(PACKAGES); \
	else \
		echo "make lint: golangci-lint $(LINT_VERSION) is neither installed nor could Go fetch it;" >&2; \
		echo "install it by: go install $(LINT_PACKAGE)" >&2; exit 1; \
	fi

fmt: ## format all Go files
	gofmt -l -w .
