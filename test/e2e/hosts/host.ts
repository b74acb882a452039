/** A machine as it may be, and what the product has to say about it. */
export interface Host {
  /** What is special about it, in a few words. */
  host: string
  /** Makes a bare node so, by a shell on it; `SERVICE NAME COMMAND...` starts a service, `PUT PATH` writes its input. */
  make: string
  /** Takes that back. Services are ended and files of PUT are put back without a word about it. */
  restore?: string
  /** Verdicts that differ from those about the bare node. Every check that is not named must say what it says there. */
  verdicts?: Readonly<Record<string, Kind>>
  /** What the first of the named checks has found. */
  found?: RegExp
  /** The printed fix of that check is run as it stands, and the check says afterwards what it says about the bare node. */
  fixed?: true
  /** In front of the agent's command line: another user, another environment. */
  through?: readonly string[]
  /** Prechecks without the credentials of a controller. */
  alone?: true
  /** Exit codes; 0 where nothing hard fails. An installation that succeeds is taken back, with 0 differences. */
  precheck?: number
  install?: number
}

type Kind = 'pass' | 'warn' | 'fail' | 'skipped' | 'error'

export const FAILS = { precheck: 3, install: 3 }

/** The first of these checks is the one that a host is about. */
export function fails(...ids: string[]): Pick<Host, 'verdicts' | 'precheck' | 'install'> {
  return { ...FAILS, verdicts: Object.fromEntries(ids.map((id) => [id, 'fail'])) }
}

export function warns(...ids: string[]): Pick<Host, 'verdicts'> {
  return { verdicts: Object.fromEntries(ids.map((id) => [id, 'warn'])) }
}

/** What `make` and `restore` may use, beside everything that is on a Debian server. */
export const SHELL_FUNCTIONS = `set -e
STATE=/run/hosts-table
mkdir -p $STATE/files $STATE/absent $STATE/services
SERVICE() { touch "$STATE/services/$1"; systemd-run --quiet --collect --unit="$1" -- "\${@:2}"; }
PUT() {
  local kept="$STATE/files/\${1//\\//%}"
  if [ -e "$1" ] || [ -L "$1" ]; then cp -a "$1" "$kept"; else touch "$STATE/absent/\${1//\\//%}"; fi
  mkdir -p "$(dirname "$1")"; rm -f "$1"; cat > "$1"
}
LISTENING() { until ss -Hlntu "sport = :$1" | grep -q .; do sleep 0.05; done; }
PROGRAM() { PUT "$1" < /usr/bin/sleep; chmod 755 "$1"; SERVICE "$(basename "$1")" "$1" 600; }
`

export const RESTORE = `set +e
for name in $(ls $STATE/services); do systemctl stop "$name"; done
ls $STATE/files | while read -r kept; do rm -f "\${kept//%/\\/}"; cp -a "$STATE/files/$kept" "\${kept//%/\\/}"; done
ls $STATE/absent | while read -r path; do rm -f "\${path//%/\\/}"; done
rm -rf $STATE
set -e
`
