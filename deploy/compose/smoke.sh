#!/usr/bin/env bash
# Asks a server that docker-compose.yml has started for a code, and looks for its mail.
#
#   smoke.sh mailbox          the mail is in the mailbox of the server
#   smoke.sh observability    the mail is in the mail catcher; Prometheus and Grafana answer
set -euo pipefail

api=http://127.0.0.1:${PORTICO_PORT:-5080}
email=smoke-$RANDOM$RANDOM@example.org

get() { curl --fail-with-body --silent --show-error --retry 60 --retry-delay 1 --retry-all-errors "$@"; }

# await COMMAND...: until it succeeds, for a minute
await() {
  for _ in $(seq 60); do
    ! "$@" || return 0
    sleep 1
  done
  echo "Not within a minute: $*" >&2
  return 1
}

# The image of the server has no shell. Not grep -q, which ends at the first match: tar would fail on the closed pipe, and pipefail with it.
in_mailbox() { docker compose cp server:/var/lib/portico/mailbox - | tar -xO | grep "^To: $email" >/dev/null; }
in_catcher() { get "http://127.0.0.1:${PORTICO_MAILPIT_PORT:-8025}/api/v1/messages" | grep -q "$email"; }
scraped() {
  get "http://127.0.0.1:${PORTICO_PROMETHEUS_PORT:-9090}/api/v1/query" --data-urlencode 'query=count(up == 1)' | grep -q '"2"\]'
}

get "$api/health/ready" >/dev/null
get "$api/api/v1/auth/verify-code" -H 'Content-Type: application/json' -d "{\"email\":\"$email\",\"reason\":\"registration\"}" >/dev/null
case ${1:-} in
  mailbox) await in_mailbox ;;
  observability)
    await in_catcher
    await scraped
    get "http://127.0.0.1:${PORTICO_GRAFANA_PORT:-3000}/api/health" >/dev/null
    get "http://127.0.0.1:${PORTICO_ALERTMANAGER_PORT:-9093}/-/ready" >/dev/null
    get "http://127.0.0.1:${PORTICO_JAEGER_PORT:-16686}/" >/dev/null
    ;;
  *)
    echo "Usage: smoke.sh mailbox|observability" >&2
    exit 2
    ;;
esac
echo "The server works."
