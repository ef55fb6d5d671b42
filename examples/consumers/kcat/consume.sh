#!/bin/sh
# Prints the headers of a topic's committed records, each ce_id once: one line "ce_id case_id offset".
# With a third argument, the URL of `hub schemas serve`, also the value as JSON, where kcat was built with Avro.
#   consume.sh [BOOTSTRAP] [TOPIC] [REGISTRY]
set -eu
bootstrap=${1:-127.0.0.1:19092} topic=${2:-dispatch.county} registry=${3:-}

# -e ends at the end of the topic; leave it out to wait for more.
set -- -b "$bootstrap" -C -t "$topic" -o beginning -e -q -X isolation.level=read_committed
if [ -n "$registry" ]; then
  kcat "$@" -s value=avro -r "$registry" -f '%h\t%p/%o\t%s\n'
else
  kcat "$@" -f '%h\t%p/%o\n'
fi | awk -F '\t' '
  { id = ""; subject = ""
    n = split($1, headers, ",")
    for (i = 1; i <= n; i++) {
      if (headers[i] ~ /^ce_id=/) id = substr(headers[i], 7)
      if (headers[i] ~ /^ce_subject=/) subject = substr(headers[i], 12)
    } }
  !seen[id]++ { print id, subject, $2, $3 }'
