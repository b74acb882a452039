import { AgentError } from '../../../../base/agent-error.ts'
import { command } from '../../../../base/command.ts'
import { shorten } from '../../../../base/text/shorten.ts'
import type { InventoryHost } from '../../inventory/host.ts'
import { hopsOf, placeArgs, type Route } from './argv.ts'

/** How ssh ends when it fails itself. */
export const SSH_FAILED = 255

type Target = Pick<InventoryHost, 'address' | 'port' | 'user' | 'keyFile'>

const UNKNOWN_KEY = /No \S+ host key is known for (\S+) and you have requested strict checking/
const CHANGED_KEY = /REMOTE HOST IDENTIFICATION HAS CHANGED/
const CHANGED_HOST = /Host key for (\S+) has changed and you have requested strict checking/
const DENIED = /^.*(?:Permission denied|Too many authentication failures).*$/m
const UNREACHABLE =
  /^.*(?:Connection refused|timed out|No route to host|Network is unreachable|Could not resolve hostname).*$/m

/** Why ssh failed, from what it wrote to standard error in English. */
export function sshFailure(stderr: string, route: Omit<Route, 'config'>, host: Target): AgentError {
  const byHand = command`ssh ${placeArgs(route, host)}`
  const [, unknown] = UNKNOWN_KEY.exec(stderr) ?? []
  if (unknown !== undefined) {
    return new AgentError('push/unknown-host-key', `the key of ${shown(unknown)} is not in known_hosts`, {
      fix: `connect once by hand, and compare the key with the one of the machine: ${byHand}; or pass --accept-new-host-keys`,
      kind: 'refused',
    })
  }
  if (CHANGED_KEY.test(stderr)) {
    const said = CHANGED_HOST.exec(stderr)?.[1]
    const names = [host, ...hopsOf(route.jump)].map(knownName)
    // Whoever answers can write to standard error too: no other name gets into a command.
    const remove = said && names.includes(said) ? command`ssh-keygen -R ${said}` : 'remove its old key from known_hosts'
    return new AgentError(
      'push/changed-host-key',
      `${shown(said ?? knownName(host))} shows another key than the one in known_hosts: it was installed again, or something else answers`,
      { fix: `find out which; if it was installed again: ${remove}`, kind: 'refused' },
    )
  }
  const [denied] = DENIED.exec(stderr) ?? []
  if (denied !== undefined) {
    const hasOffered = denied.includes('Too many')
    return new AgentError('push/denied', `the machine does not accept the user or the key: ${shown(denied)}`, {
      fix: hasOffered
        ? 'your ssh-agent has more keys than the machine lets ssh try: pass --ssh-key FILE --ssh-option IdentitiesOnly=yes'
        : `pass --ssh-user and --ssh-key, or add the key to an ssh-agent: ssh-add FILE; until this works: ${byHand}`,
      kind: 'refused',
    })
  }
  const [unreachable] = UNREACHABLE.exec(stderr) ?? []
  if (unreachable !== undefined) {
    return new AgentError('push/unreachable', `ssh cannot reach the machine: ${shown(unreachable)}`, {
      fix: `check its address, the network, and that sshd runs; through another machine: --jump; until this works: ${byHand}`,
      kind: 'unreachable',
    })
  }
  const said = stderr.trim().split('\n').at(-1) ?? ''
  const reason = said === '' ? '' : `: ${shown(said)}`
  return new AgentError('push/connection-lost', `the connection ended before the work was done${reason}`, {
    fix: `check that the machine is up, and run the same command again; by hand: ${byHand}`,
    kind: 'unreachable',
  })
}

const shown = (text: string) => shorten(text.trim(), 200)

/** As known_hosts has it. */
const knownName = ({ address, port }: Pick<Target, 'address' | 'port'>) =>
  port === null || port === 22 ? address : `[${address}]:${port}`
