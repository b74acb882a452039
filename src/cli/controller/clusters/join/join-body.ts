import { LAYOUTS } from '../../../../base/layout.ts'
import { JOIN_TOKEN_HEADER } from '../../../../protocol/api/identities/join.ts'

const AGENTS = LAYOUTS.map(({ binaries }) => `${binaries}/cantrip-agent`)

/** POSIX shell, as dash and busybox have it. Exit codes are those of the agent: 3 unfit machine, 4 failed, 6 unreachable, 7 refused. */
export const JOIN_BODY = `
fail() { # EXIT_CODE FOUND FIX
  printf '[-] %s\\n    fix: %s\\n' "$2" "$3" >&2
  exit "$1"
}
pick_agent() {
  arch=$(uname -m)
  case $arch in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  esac
  for each in $agents; do
    [ "\${each%%:*}" != "$arch" ] || sha256=\${each#*:}
  done
  size=\${sha256#*:} sha256=\${sha256%:*}
  [ -n "$sha256" ] || fail 3 "this machine is $arch; this command is for another architecture" "$forArch $arch"
}
pick_root() {
  [ "$(id -u)" != 0 ] || return 0
  command -v sudo >/dev/null || fail 3 'this user is not root, and there is no sudo' 'run the command as root'
  sudo true || fail 3 'sudo does not let this user become root' 'run the command as root'
  sudo=sudo
}
leave_if_installed() {
  [ -z "$task" ] || return 0
  agent=''
  for each in ${AGENTS.join(' ')}; do
    [ -n "$agent" ] || [ ! -x "$each" ] || agent=$each
  done
  [ -n "$agent" ] || return 0
  case $(\${sudo:+sudo} "$agent" status -o json 2>/dev/null) in
  *'"cluster":"'"$cluster"'"'*)
    printf '[+] This machine is a node of cluster %s already. See: sudo %s status\\n' "$cluster" "$agent"
    exit 0
    ;;
  *'"cluster":"'*) fail 7 'this machine is a node of another cluster' "sudo $agent uninstall, then run this command again" ;;
  esac
}
pick_tool() {
  tool=curl
  command -v curl >/dev/null && return
  for tool in wget /usr/bin/wget; do # a shell of busybox prefers its own
    "$tool" --help 2>&1 | grep -q -e --ca-certificate && return
  done
  fail 3 'found neither curl nor GNU wget (the one of busybox does not verify certificates)' 'install curl'
}
pick_directory() {
  for parent in "\${TMPDIR:-/var/tmp}" /tmp "\${HOME:-/root}" "$PWD"; do
    case "$refused; " in *"; $parent "*) continue ;; esac
    if ! directory=$(mktemp -d "$parent/cantrip-join.XXXXXX" 2>/dev/null); then
      refused="$refused; $parent cannot be written to"
      continue
    fi
    free=$(df -Pk "$directory" | { read -r _ && read -r _ _ _ free _ && echo "$free"; })
    printf '#!/bin/sh\\n' >"$directory/try"
    chmod 700 "$directory/try"
    if [ "$((free / 1024))" -lt "$needed" ]; then
      refused="$refused; $parent has $((free / 1024)) MiB free"
    elif ! "$directory/try" 2>/dev/null; then
      refused="$refused; $parent is mounted with noexec"
    else
      return 0
    fi
    rm -rf "$directory"
  done
  directory=''
  fail 4 "no directory for the agent: \${refused#; }" "make $needed MiB free in one of them, or set TMPDIR to another one"
}
fetch() { # PATH FILE [resume]; returns 0, 3: cannot write, 4: unreachable, 5: not the controller, 8: refused
  at=$url$1 to=$2 resume=\${3:-} timeout=30 # seconds without a byte
  [ -z "$inspected" ] || [ -z "$resume" ] || timeout=300 # the proxy may look at all of the agent before it passes it on
  if [ "$tool" != curl ]; then
    set -- --config="$directory/wgetrc" --no-verbose --tries=1 --timeout=30 --read-timeout="$timeout" \\
      --output-document="$to"
    set -- "$@" --ca-certificate="$directory/ca.pem" --ca-directory="$directory/none"
    [ -z "$inspected" ] || set -- "$@" --no-check-certificate
    if [ -n "$resume" ]; then set -- "$@" --continue; else set -- "$@" --content-on-error; fi
    LC_ALL=C "$tool" "$@" "$at" 2>"$directory/said"
    return
  fi
  set -- --disable --config - --silent --show-error --connect-timeout 15 --speed-limit 1 --speed-time "$timeout" \\
    --output "$to"
  set -- "$@" --cacert "$directory/ca.pem" --capath "$directory/none"
  [ -z "$inspected" ] || set -- "$@" --insecure
  [ -z "$resume" ] || set -- "$@" --fail --continue-at -
  status=$(printf 'header = "${JOIN_TOKEN_HEADER}: %s"\\n' "$token" |
    curl "$@" --write-out '%{http_code}' "$at" 2>"$directory/said")
  case $?:$status in
  0:2??) return 0 ;;
  0:* | 22:*) return 8 ;;
  23:*) return 3 ;;
  35:* | 51:* | 60:*) return 5 ;;
  esac
  return 4
}
field() { sed -n -e 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/p' "$directory/answer" 2>/dev/null | LC_ALL=C tr -cd ' -~'; }
give_up() { # of fetch
  said=$(grep -v '^$' "$directory/said" | head -n 1)
  case $1 in
  3) fail 4 "cannot write to $directory: $said" "make $needed MiB free there, or set TMPDIR to another directory" ;;
  5) fail 6 "$url does not prove to be the controller: $said" "find out what answers there. If it is a proxy that ends TLS, or the keys of the controller were rotated, $again$orInspected" ;;
  8) ;;
  *) fail 6 "cannot reach the controller at $urls: $said" "check the network; through a proxy: $byProxy" ;;
  esac
  found=$(field message)$(field detail) fix=$(field fix)
  [ -z "$inspected" ] || fail 7 "the controller, or what is between, refuses: \${found:-it says no reason}" "$again"
  [ -z "$task" ] || case $fix in *join-command*) fix=$again ;; esac
  fail 7 "\${found:-the controller does not send the agent}" "\${fix:-$again}"
}
fetch_credentials() {
  for url in $urls; do
    code=0
    fetch /v1/join/credentials "$directory/answer" || code=$?
    case $code in 0 | 8) break ;; esac
  done
  [ "$code" = 0 ] || give_up "$code"
  found=$(sha256sum <"$directory/answer")
  [ -z "$inspected" ] || [ "\${found%% *}" = "$inspected" ] || fail 7 \\
    "the downloaded credentials are not those of this command, and were not used: their SHA-256 is \${found%% *}, not $inspected" \\
    "find out what changed them. If the settings, keys or URLs of the controller changed, $again"
  mv "$directory/answer" "$directory/$name.pem"
}
fetch_agent() { # gives up after 5 minutes in which no byte arrives
  printf '[*] Downloading the agent from %s: %s MiB\\n' "$url" "$((size / 1048576))"
  part=$directory/agent.part had=0 waits=0
  until fetch "/v1/join/agents/$arch" "$part" resume; do
    code=$?
    case $code in 3 | 5) give_up "$code" ;; esac
    if [ "$code" = 8 ]; then
      fetch /v1/join/credentials "$directory/answer" || [ "$?" != 8 ] || give_up 8
    fi
    has=0
    [ ! -f "$part" ] || has=$(wc -c <"$part")
    [ "$has" -lt "$size" ] || break
    [ "$has" -le "$had" ] || waits=0
    had=$has waits=$((waits + 1))
    [ "$waits" -le 60 ] || give_up "$code"
    sleep "$((waits > 1 ? 5 : 1))"
  done
  found=$(sha256sum <"$part")
  [ "\${found%% *}" = "$sha256" ] || fail 7 \\
    "the downloaded agent is not the one of this command, and was not run: its SHA-256 is \${found%% *}, not $sha256" \\
    "find out what changed it. If the agent on the controller was replaced, $again"
  chmod 700 "$part"
  mv "$part" "$directory/agent"
}
is_without_proxy() { # whether no_proxy names the controller
  host=\${url#https://} host=\${host%:*}
  for each in $(printf %s "\${no_proxy:-}" | tr , ' '); do
    case $host in "\${each#.}" | *."\${each#.}") return 0 ;; esac
    [ "$each" != '*' ] || return 0
  done
  return 1
}
run_agent() {
  printf '%s\\n' "$passphrase" >"$directory/$name-passphrase.txt"
  set -- "$directory/agent"
  [ -z "$task" ] || set -- "$@" "$task"
  set -- "$@" --creds-file "$directory/$name.pem" --passphrase-file "$directory/$name-passphrase.txt"
  for each in $more; do set -- "$@" "$each"; done
  proxy=\${https_proxy%/} proxy=\${proxy#http://}
  if [ -n "$proxy" ] && ! is_without_proxy; then
    user=\${proxy%@*}
    case $proxy in
    *:*@*)
      printf '%s\\n' "\${user#*:}" >"$directory/proxy-password.txt"
      set -- "$@" --proxy "http://\${user%%:*}@\${proxy##*@}" --proxy-password-file "$directory/proxy-password.txt"
      ;;
    *) set -- "$@" --proxy "http://$proxy" ;;
    esac
  fi
  [ -z "$inspected" ] || set -- "$@" --tls-terminating-proxy
  code=0
  \${sudo:+sudo} "$@" || code=$?
  if [ "$code" = 0 ] || [ -n "$task$tidy" ]; then exit "$code"; fi
  keep=yes
  printf '    The downloaded files are in %s. To try again: %s\\n' "$directory" "\${sudo:+sudo }$*" >&2
  exit "$code"
}
main() {
  umask 077
  set -f
  sudo='' sha256='' directory='' keep='' refused='' status=''
  : "\${https_proxy:=\${HTTPS_PROXY:-$proxy}}" "\${no_proxy:=\${NO_PROXY:-}}"
  export https_proxy no_proxy
  trap '[ -n "$keep" ] || [ -z "$directory" ] || rm -rf "$directory"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  pick_agent
  needed=$((size / 1048576 + 1))
  pick_root
  leave_if_installed
  pick_tool
  pick_directory
  printf '%s\\n' "$ca" >"$directory/ca.pem"
  printf 'header = ${JOIN_TOKEN_HEADER}: %s\\n' "$token" >"$directory/wgetrc"
  mkdir "$directory/none"
  fetch_credentials
  fetch_agent
  run_agent
}
main </dev/null
`
