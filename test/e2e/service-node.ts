/** The service of the controller on a node, for the stories about it. */
import assert from 'node:assert/strict'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import type { Output } from '../support/testbed/run.ts'

export const UNIT = 'cantrip-controller.service'
export const DATA = '/var/lib/private/cantrip-controller'
export const METRICS = '127.0.0.1:9464'
const VOLATILE = ['/root', '/var/lib/systemd/timers', '/var/lib/systemd/random-seed', '/var/lib/systemd/timesync']
const LIMITS = { timeoutMs: 120_000 }

export interface ServiceNode {
  /** Runs a script, which must succeed; resolves with its output. */
  sh(script: string): Promise<string>
  tryTo(...argv: string[]): Promise<Output>
  property(name: string): Promise<string>
  get(path: string): Promise<string>
  isReady(): Promise<boolean>
  /** What systemd-analyze security finds: 0 is the best. */
  exposure(): Promise<number>
  /**
   * Every file of the node with its kind, mode, owner, size and target, the users, and the units, without what the running
   * system and dpkg change by themselves.
   */
  files(...ignored: string[]): Promise<string>
}

/** `node`: asked for at each call, because the story creates it. */
export function serviceNode(node: () => Node): ServiceNode {
  const sh = (script: string) => execOk(node(), ['bash', '--norc', '-euc', script], LIMITS)
  const tryTo = (...argv: string[]) => exec(node(), argv, LIMITS)
  return {
    sh,
    tryTo,
    property: async (name) => (await sh(`systemctl show ${UNIT} -p ${name} --value`)).trim(),
    get: (path) => sh(`curl -sS http://${METRICS}${path}`),
    isReady: async () => (await tryTo('curl', '-s', `http://${METRICS}/readyz`)).stdout === 'ok\n',
    async exposure() {
      const text = await sh(`systemd-analyze security ${UNIT} --no-pager | tail -1`)
      return Number(/level for \S+: ([\d.]+)/.exec(text)?.[1])
    },
    async files(...ignored) {
      const prune = [...VOLATILE, '/var/lib/dpkg', '/var/cache/debconf', ...ignored].map(
        (path) => `-path ${path} -prune -o`,
      )
      return sh(
        `find /etc /usr /opt /srv /var/lib /var/cache ${prune.join(' ')} -printf '%p %y %m %U %G %l ' \\( -type f -printf '%s' -o -true \\) -printf '\\n' | sort
         sha256sum /etc/passwd /etc/shadow /etc/group; systemctl list-unit-files --no-pager | grep -v "listed\\|transient"`,
      )
    },
  }
}

export function assertSame(before: string, now: string): void {
  const [old, fresh] = [before, now].map((text) => new Set(text.split('\n')))
  const without = (lines = new Set<string>(), others = new Set<string>()) =>
    [...lines].filter((line) => !others.has(line))
  assert.deepEqual(without(fresh, old), [], 'new or changed')
  assert.deepEqual(without(old, fresh), [], 'gone or changed')
}
