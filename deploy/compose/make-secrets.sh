#!/usr/bin/env bash
# Makes the secrets of a new installation, one file for each. It does not change existing files.
# The name of a file is the name of its setting (Sessions__Key); see "Secrets" in docs/operations.md.
#
#   make-secrets.sh FOLDER [OWNER]
#
# FOLDER/postgres   secrets of PostgreSQL: the password of the superuser
# FOLDER/migrator   secrets of the Migrator
# FOLDER/server     secrets of the server and the Seeder; they never see the two folders above
# FOLDER/orders     secrets of the orders service, which sees no other folder
# FOLDER/demo       secrets of the job that gives demo users orders in both databases
# FOLDER/grafana    the password of the administrator of Grafana; its image runs as the user 472
# OWNER             the owner of the files of the programs, such as 1654:1654; only root can set it
set -euo pipefail
umask 077

folder=${1:?FOLDER is missing}
owner=${2:-}
mkdir -p "$folder/postgres" "$folder/migrator" "$folder/server" "$folder/orders" "$folder/demo" "$folder/grafana"

# Writes to a second name first, so that a secret is complete or missing.
make() {
  local file="$folder/$1"
  shift
  if [ ! -s "$file" ]; then
    "$@" > "$file.part"
    mv "$file.part" "$file"
    echo "made $file"
  fi
}

password() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64; }
connection() { echo "Host=${POSTGRES_HOST:-postgres};Port=5432;Database=$1;Username=$2;Password=$3"; }
connection_of() { connection portico "$1" "$(password)"; }
connection_to_orders() { connection orders "$1" "$(password)"; }
bootstrap() { connection postgres postgres "$(cat "$folder/postgres/password")"; }

make postgres/password password
make migrator/ConnectionStrings__Bootstrap bootstrap
make migrator/ConnectionStrings__Migrator connection_of portico_migrator
make migrator/ConnectionStrings__OrdersMigrator connection_to_orders orders_migrator
make server/ConnectionStrings__Portico connection_of portico_app
make orders/ConnectionStrings__Orders connection_to_orders orders_app
make server/Sessions__Key key
make server/Otp__Key key
make server/Tokens__SealingKey key
# The Migrator sets the passwords of the programs' database roles.
make migrator/ConnectionStrings__Portico cat "$folder/server/ConnectionStrings__Portico"
make migrator/ConnectionStrings__Orders cat "$folder/orders/ConnectionStrings__Orders"
# Its `keys` commands decrypt the signing keys that the server has encrypted.
make migrator/Tokens__SealingKey cat "$folder/server/Tokens__SealingKey"
make demo/ConnectionStrings__Portico cat "$folder/server/ConnectionStrings__Portico"
make demo/ConnectionStrings__Orders cat "$folder/orders/ConnectionStrings__Orders"
make grafana/admin-password password

if [ -n "$owner" ] && [ "$(id -u)" -eq 0 ]; then
  chown -R "$owner" "$folder/migrator" "$folder/server" "$folder/orders" "$folder/demo"
  chown -R 472:0 "$folder/grafana"
fi
