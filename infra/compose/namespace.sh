#!/bin/sh
# Makes the namespace of Saltworks in Temporal, once Temporal answers.
set -eu
until temporal operator cluster health; do sleep 1; done
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 7d
fi
