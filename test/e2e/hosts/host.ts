/** A machine with a special configuration, and what the prechecks and the installation must report about it. */
export interface Host {
  /** A short description. */
  host: string
  /** A shell script that prepares a bare node; `SERVICE NAME COMMAND...` starts a service, `PUT PATH` writes its input. */
  make: string
  /** A script that reverts `make`. Services of SERVICE are stopped and files of PUT are restored without it. */
  restore?: string
  /** Verdicts that differ from those on the bare node. All other checks must have the same verdict as there. */
  verdicts?: Readonly<Record<string, Kind>>
  /** Must match what the first of these checks found. */
  found?: RegExp
  /** Runs the printed fix of that check. Afterwards the check must have its verdict of the bare node. */
  fixed?: true
  /** A command prefix for the agent, such as another user or another environment. */
  through?: readonly string[]
  /** Runs the prechecks without the credentials of a controller. */
  alone?: true
  /** Exit codes; 0 unless a hard check fails. After a successful installation, uninstall must find 0 differences. */
  precheck?: number
  install?: number
}

type Kind = 'pass' | 'warn' | 'fail' | 'skipped' | 'error'

export const FAILS = { precheck: 3, install: 3 }

/** The first ID is the check that `found` and `fixed` refer to. */
export function fails(...ids: string[]): Pick<Host, 'verdicts' | 'precheck' | 'install'> {
  return { ...FAILS, verdicts: Object.fromEntries(ids.map((id) => [id, 'fail'])) }
}

export function warns(...ids: string[]): Pick<Host, 'verdicts'> {
  return { verdicts: Object.fromEntries(ids.map((id) => [id, 'warn'])) }
}

/** Functions for the `make` and `restore` scripts. */
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
