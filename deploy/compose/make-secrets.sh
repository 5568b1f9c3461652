#!/usr/bin/env bash
# Makes the secrets of a new installation, a file each, and leaves those alone that are there already.
# A file is named by its setting (Sessions__Key); see "Secrets" in docs/operations.md.
#
#   make-secrets.sh FOLDER [OWNER]
#
# FOLDER/postgres   what PostgreSQL needs: the superuser's password
# FOLDER/migrator   what the Migrator needs
# FOLDER/server     what the server and the Seeder need; they never see the two above
# OWNER             who shall own the files, such as 1654:1654; only root can give them away
set -euo pipefail
umask 077

folder=${1:?FOLDER is missing}
owner=${2:-}
mkdir -p "$folder/postgres" "$folder/migrator" "$folder/server"

# Through a second name, so that a secret is whole or not there.
make() {
  local file="$folder/$1"
  shift
  if [ ! -s "$file" ]; then
    "$@" > "$file.part"
    mv "$file.part" "$file"
    echo "made $file"
  fi
}

password() { openssl rand -hex 24; }
key() { openssl rand -base64 32; }
connection() { echo "Host=${POSTGRES_HOST:-postgres};Port=5432;Database=$1;Username=$2;Password=$3"; }
connection_of() { connection portico "$1" "$(password)"; }
bootstrap() { connection postgres postgres "$(cat "$folder/postgres/password")"; }

make postgres/password password
make migrator/ConnectionStrings__Bootstrap bootstrap
make migrator/ConnectionStrings__Migrator connection_of portico_migrator
make server/ConnectionStrings__Portico connection_of portico_app
make server/Sessions__Key key
make server/Otp__Key key
make server/Tokens__SealingKey key
# The Migrator gives the application's role its password.
make migrator/ConnectionStrings__Portico cat "$folder/server/ConnectionStrings__Portico"
# And its commands about signing keys open what the server has sealed.
make migrator/Tokens__SealingKey cat "$folder/server/Tokens__SealingKey"

if [ -n "$owner" ] && [ "$(id -u)" -eq 0 ]; then
  chown -R "$owner" "$folder/migrator" "$folder/server"
fi
