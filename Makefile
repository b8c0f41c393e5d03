# `make run` shows what ArchPrior does; `make test` checks it. Both install what they need, and share one release build.

WITH := scripts/toolchain.sh
# One set of flags for the program and for the tests, some of which look inside of modules: neither build undoes the other's.
BUILD_FLAGS := -c release -Xswiftc -enable-testing
PROGRAM := .build/release/archprior
SOURCES := Package.swift Sources Tests Benchmarks/Engine Examples Benchmarks/Search Benchmarks/Networks

# The quick comparison: DATA=FOLDER takes Omniglot from a folder, OUTPUT=FOLDER writes elsewhere, ARGUMENTS='…' are passed on.
OUTPUT ?= runs/quick
DATA ?=
ARGUMENTS ?=
# Where the tables of the NAS benchmarks are (nasbench201.csv.gz), and official files of data sets: docs/data.md says where to get them.
TABLES ?= ../shared/nasbench
SEARCH_BENCH := .build/release/archprior-search-bench
# CIFAR-100's binary training and test files, compressed or not.
CIFAR ?= ../shared/data/cifar-100-train-100-a-class.bin.gz
CIFAR_TEST ?= ../shared/data/cifar-100-test.bin.gz
OMNIGLOT ?= ../shared/data
NETWORK_BENCH := .build/release/archprior-network-bench

# Values reach the shell by the environment, so that spaces, quotes and apostrophes in them are only characters. ARGUMENTS alone is shell text:
# several words, quoted where they need it.
export OUTPUT DATA TABLES CIFAR CIFAR_TEST OMNIGLOT

.PHONY: help run study study-quick test build datasets bench omniglot examples search-bench bench-nb201 bench-nb101 bench-fuzz network-bench bench-proxies bench-supernet bench-prior bench-adapting bench-adapt-agrees profile documentation toys format format-check clean

# What the repository does not hold is looked for before anything is built.
.PHONY: need-data need-table need-cifar need-cifar-16 need-cifar-test need-omniglot-here need-mnist
need-data:
	@test -z "$$DATA" || scripts/require_data.sh omniglot "$$DATA" DATA=FOLDER
need-table:
	@scripts/require_data.sh nas-bench-201 "$$TABLES/nasbench201.csv.gz" TABLES=FOLDER
need-cifar:
	@scripts/require_data.sh cifar-100-train "$$CIFAR" CIFAR=FILE
need-cifar-16:
	@test -e runs/cifar-100-train-16.archpack || scripts/require_data.sh cifar-100-train "$$CIFAR" CIFAR=FILE
need-cifar-test:
	@test -e "$${XDG_DATA_HOME:-$$HOME/.local/share}/archprior/datasets/cifar-100-test.archpack" \
	  || scripts/require_data.sh cifar-100-test "$$CIFAR_TEST" CIFAR_TEST=FILE
# Configurations name this folder.
need-omniglot-here:
	@scripts/require_data.sh omniglot ../shared/data
need-mnist:
	@scripts/require_data.sh mnist "$${ARCHPRIOR_SHARED:-../shared/data}" ARCHPRIOR_SHARED=FOLDER

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: need-data build ## Search, adapt and compare on few-shot tasks; the report is runs/quick/report.html (DATA=FOLDER: Omniglot)
	@$(PROGRAM) compare configs/compare.yaml --output "$$OUTPUT" $${DATA:+--data "$$DATA"} $(ARGUMENTS)

study-quick: build ## Ask whether a prior from many scripts adapts better than one from a single script; goes on where it was
	@$(PROGRAM) study configs/study-quick.yaml $(ARGUMENTS)

study: need-cifar-test need-omniglot-here build ## The whole study over scripts, icons, Omniglot and CIFAR-100; hours; goes on where it was
	@$(PROGRAM) datasets show cifar-100-test > /dev/null 2>&1 || $(PROGRAM) datasets import "$$CIFAR_TEST" --name cifar-100-test --format cifar-100
	@$(PROGRAM) study configs/study.yaml $(ARGUMENTS)

build: ## Build the command .build/release/archprior
	@$(WITH) swift build $(BUILD_FLAGS) --product archprior

test: format-check ## Check the format, build, run all tests
	@$(WITH) swift build $(BUILD_FLAGS) --build-tests
	@$(WITH) swift test $(BUILD_FLAGS) --skip-build --disable-xctest --quiet
	@echo 'once more without fused primitives: conformance, hypergradients, learners, determinism'
	@ARCHPRIOR_FUSION=off $(WITH) swift test $(BUILD_FLAGS) --skip-build --disable-xctest --quiet \
	  --filter 'AutodiffTests|BilevelTests|CellNetworksTests|MetaLearningTests|SupernetSearchTests|PerformanceEstimatorsTests|PriorRunTests'

bench: build ## Time ArchPrior and its peers, alternating, in at most 25 minutes (ARGUMENTS='--only tnas,maml'; see Benchmarks/)
	@$(WITH) swift build $(BUILD_FLAGS) --product archprior-bench
	@python3 Benchmarks/run_bench.py $(ARGUMENTS)

omniglot: need-omniglot-here build ## Train all few-shot learners on Omniglot from ../shared/data and make one table (ARGUMENTS='--only maml-5w1s')
	@python3 Benchmarks/omniglot-learners/run.py $(ARGUMENTS)

search-bench:
	@$(WITH) swift build $(BUILD_FLAGS) --product archprior-search-bench

bench-nb201: need-table search-bench ## Make NAS-Bench-201's published searches again, 500 seeds each (TABLES=FOLDER)
	@$(SEARCH_BENCH) nb201 --tables "$$TABLES" --output Benchmarks/nas-bench-201 $(ARGUMENTS)

bench-nb101: search-bench ## Enumerate and hash all labelled graphs of NAS-Bench-101
	@$(SEARCH_BENCH) nb101 $(ARGUMENTS)

bench-fuzz: search-bench network-bench ## Read 100,000 damaged benchmark files, 100,000 of each format of data sets, 20,000 of each file of runs
	@$(SEARCH_BENCH) fuzz $(ARGUMENTS)
	@$(SEARCH_BENCH) fuzz-datasets $(ARGUMENTS)
	@$(NETWORK_BENCH) fuzz-records --output Benchmarks/fuzz-records.txt

datasets: build ## Draw the bundled data sets again from Debian's fonts and icons, and compare byte by byte (ARGUMENTS=--replace)
	@scripts/build_datasets.sh $(ARGUMENTS)

network-bench:
	@$(WITH) swift build $(BUILD_FLAGS) --product archprior-network-bench

bench-proxies: need-table need-cifar network-bench ## Score 1,000 NAS-Bench-201 cells by zero-cost proxies on CIFAR-100, one thread; goes on where it was
	@$(NETWORK_BENCH) proxies --tables "$$TABLES" --images "$$CIFAR" $(ARGUMENTS)

SUPERNET := Benchmarks/nas-bench-201-supernet

bench-supernet: need-table need-cifar-16 build ## Search NAS-Bench-201 by DARTS and GDAS on 16×16 images, 3 seeds each, an hour; goes on where it was
	@mkdir -p runs $(SUPERNET)
	@test -e runs/cifar-100-train-16.archpack \
	  || $(PROGRAM) datasets import "$$CIFAR" --name cifar-100-train-16 --format cifar-100 --size 16 --into runs
	@set -e; for images in plain augmented; do \
	  $(PROGRAM) supernet gdas darts-first darts-second --dataset runs/cifar-100-train-16.archpack --epochs 100 --channels 8 --cells 1 \
	    --eigenvalues 4 --seeds 3 $$(test $$images = plain || echo --augment) --benchmark "$$TABLES/nasbench201.csv.gz" \
	    --output $(SUPERNET)/$$images $(ARGUMENTS) > runs/supernet.txt; \
	  mv runs/supernet.txt $(SUPERNET)/$$images/summary.txt; cat $(SUPERNET)/$$images/summary.txt; done

# The prior that is held against searches, its twin on Omniglot, and what is made of them.
PRIORS := runs/prior-against-search

bench-prior: build network-bench ## Hold a T-NAS prior against searches of each task from scratch, an hour or two; goes on where it was (OMNIGLOT=FOLDER)
	@for prior in prior $$(test ! -e "$$OMNIGLOT/images_background.zip" || echo prior-omniglot); do \
	  grep -qs '"finished" *: *true' $(PRIORS)/$$prior/results/meta-training.json \
	  || $(PROGRAM) meta-train Benchmarks/prior-against-search/$$prior.yaml --output $(PRIORS)/$$prior \
	    $$(test ! -e $(PRIORS)/$$prior || echo --resume) --set "data.path=$$(test $$prior = prior && echo null || echo "$$OMNIGLOT")" || exit 1; done
	@$(NETWORK_BENCH) prior --prior $(PRIORS)/prior --omniglot "$$OMNIGLOT" \
	  $$(test ! -e "$$OMNIGLOT/images_background.zip" || echo --omniglot-prior $(PRIORS)/prior-omniglot) $(ARGUMENTS)

# Priors that are adapted to single pictures and to other numbers of classes.
ADAPTING := runs/adapting

bench-adapting: build network-bench ## Measure what adapting to single pictures, and to 3 to 20 classes, costs: six priors, half an hour
	@set -e; for data in scripts icons; do for method in maml proto-net t-nas; do \
	  grep -qs '"finished" *: *true' $(ADAPTING)/$$data-$$method/results/meta-training.json \
	  || $(PROGRAM) meta-train Benchmarks/adapting/$$data.yaml --set method=$$method --output $(ADAPTING)/$$data-$$method \
	    $$(if test -e $(ADAPTING)/$$data-$$method; then echo --resume; fi); done; done
	@$(NETWORK_BENCH) adapting $(foreach data,scripts icons,$(foreach method,maml proto-net t-nas,$(ADAPTING)/$(data)-$(method))) \
	  --query 5 --output Benchmarks/adapting $(ARGUMENTS)

bench-adapt-agrees: build ## Hold adapt against evaluate on folders of pictures of several sizes, colours and numbers of classes
	@python3 Benchmarks/adapting/agrees.py $(ARGUMENTS)

profile: ## Show where the time of a T-NAS task goes, by primitive (ARGUMENTS='--order exact')
	@$(WITH) swift build $(BUILD_FLAGS) --product archprior-bench
	@.build/release/archprior-bench tnas --profile $(ARGUMENTS)

# The examples whose tables `make examples` prints, each an argument of the program.
EXAMPLES ?= darts-toy weight-decay hyper-cleaning sinusoid class-weights memory soak

examples: $(if $(filter hyper-cleaning weight-decay class-weights,$(EXAMPLES)),need-mnist) ## Solve the bilevel examples and keep their tables (EXAMPLES='hyper-cleaning'; Benchmarks/examples-results)
	@$(WITH) swift build $(BUILD_FLAGS) --product archprior-examples
	@set -e; for name in $(EXAMPLES); do \
	  .build/release/archprior-examples $$name --output Benchmarks/examples-results $(ARGUMENTS); done

documentation: ## Make the API documentation of all rooms by DocC in .build/documentation; a warning is a failure
	@$(WITH) swift build $(BUILD_FLAGS)
	@scripts/documentation.sh

toys: ## Add a toy of each kind to a copy in .build-toys, by the patches of Examples/Toys, and run the contracts
	@scripts/toys.sh .build-toys $(BUILD_FLAGS)

format: ## Format all Swift files
	@$(WITH) swift format format --in-place --parallel --recursive $(SOURCES)

format-check: ## Check the format of all Swift files
	@$(WITH) swift format lint --strict --parallel --recursive $(SOURCES)

clean: ## Remove what was built; runs/ stays
	rm -rf .build
