import { LAYOUTS } from '../../../base/layout.ts'
import type { Secret } from '../../../base/text/secret.ts'
import { BAKED_MANIFEST } from '../../../provision/images/baked-store.ts'
import { quoted } from '../clusters/join/join-script.ts'
import type { Become } from './options.ts'

export interface RootAccess {
  become: Become
  /** Of sudo. */
  password?: Secret | undefined
}

/**
 * A script for the standard input of `sh` on a host, whoever has signed in: it becomes root, and gives `work` to the `sh` of root. sudo
 * is asked first with the same command and nothing to do, so that a wrong password ends at once and no line of `work` is read as
 * another one. Secrets are in no argument: `printf` is part of the shell. It begins when all of it has arrived.
 */
export function hostScript(work: string, { become, password }: RootAccess): string {
  return `become=${quoted(become)}
password=${quoted(password?.reveal() ?? '')}
${BECOME_ROOT}main() {
  pick_root
  {
    [ "$how" != password ] || printf '%s\\n' "$password"
    cat <<'END-OF-WORK'
${work.trimEnd()}
END-OF-WORK
  } | run
}
main </dev/null
`
}

const BECOME_ROOT = `
fail() { # EXIT_CODE FOUND FIX
  printf '[-] %s\\n    fix: %s\\n' "$2" "$3" >&2
  exit "$1"
}
run() { # sh as root
  case $how in
  root) sh ;;
  sudo) sudo -k -n sh ;;
  password) sudo -k -S -p '' sh ;;
  esac
}
last() { printf '%s\\n' "$said" | grep -v '^ *$' | tail -n 1; }
pick_root() {
  user=$(id -un)
  [ "$(id -u)" != 0 ] || how=root
  [ -z "\${how:-}" ] || return 0
  [ "$become" = sudo ] || fail 7 "user $user is not root, and --become is none" 'pass --ssh-user root, or --become sudo'
  command -v sudo >/dev/null || fail 3 "user $user is not root, and the machine has no sudo" 'pass --ssh-user root, or install sudo'
  how=sudo
  said=$(: | run 2>&1) && return
  [ -n "$password" ] || fail 7 "sudo does not let user $user become root without a password: $(last)" \\
    'pass --become-password-file FILE, or permit it in /etc/sudoers.d with NOPASSWD'
  how=password
  said=$(printf '%s\\n' "$password" | run 2>&1) || fail 7 "sudo does not let user $user become root with this password: $(last)" \\
    'correct the password in the file, or permit the user in /etc/sudoers.d'
}
`

const AGENTS = LAYOUTS.map(({ binaries }) => `${binaries}/cantrip-agent`)

/**
 * Prints the status of the agent, of nulls if there is none, and the SHA-256 of the manifest of the bundle with which the machine was
 * prepared, as a line of JSON: without this line, the script did not run.
 */
export const LOOK = `agent=''
for each in ${AGENTS.join(' ')}; do [ -n "$agent" ] || [ ! -x "$each" ] || agent=$each; done
status=''
[ -z "$agent" ] || status=$("$agent" status -o json 2>/dev/null)
[ -n "$status" ] || status='{"cluster":null,"nodeId":null,"fingerprint":null}'
prepared=''
[ -z "$agent" ] || [ ! -r ${BAKED_MANIFEST} ] || prepared=$(sha256sum <${BAKED_MANIFEST})
printf '{"kind":"status","status":%s,"prepared":"%s"}\\n' "$status" "\${prepared%% *}"
`
