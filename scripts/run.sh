#!/usr/bin/env bash
# Builds the web app and the server and starts them with the demo school. Arguments go to `schoolbell serve`.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

need_rust
need_node
install_web_packages

echo "building the web app"
(cd web && npm run --silent build)

# The dev profile: the first build takes minutes less than a release build, and a school's worth of players does not
# need more. The server embeds web/dist, so it is built second.
echo "building the server"
exec cargo run --locked -p schoolbell-gateway -- serve --demo "$@"
