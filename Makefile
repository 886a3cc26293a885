.DEFAULT_GOAL := help
.PHONY: help demo test quick lint bench build

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## the whole product against a small internet of its own
	go run ./cmd/deedwatch demo

build: ## the static binary
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o deedwatch ./cmd/deedwatch

test: ## everything, as CI runs it
	./test

quick: ## tests without lint, second time zone and browser
	./test --quick

lint: ## the lint rules of .golangci.yml
	golangci-lint run ./...

bench: ## benchmarks of the hot paths
	go test -run '^$$' -bench . -benchmem ./...
