#!/usr/bin/env bash
# `pip install …` as the tests run the commands of the documents: nothing is downloaded.
[ "$1" = install ]
