#!/usr/bin/env bash
# `make` as the tests run the commands of the documents: it says what it would do. Nothing is built, trained or downloaded.
exec /usr/bin/make --dry-run "$@"
