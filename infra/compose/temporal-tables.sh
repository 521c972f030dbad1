#!/bin/sh
# Makes Temporal's tables, and brings them up to the version of this image.
set -eu
SQL_PASSWORD=$(cat "${SECRETS:-/run/secrets}/temporal-password")
export SQL_PASSWORD
for each in temporal:temporal temporal_visibility:visibility; do
  export SQL_DATABASE="${each%:*}"
  schema="postgresql/v12/${each#*:}"
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-name "$schema"
done
