/** Faulty networks on a real node, and what the prechecks report. Each function restores the node. */
import assert from 'node:assert/strict'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { changeFile, checked } from './checked-node.ts'
import { ODD_ADDRESS } from './odd-network.ts'
import { ODD_PROXIES, WRONG_BY_MS } from './odd-ports.ts'

type Restore = () => Promise<void>

/** Runs the work after all `makes`, and then restores what they changed, in reverse order. */
async function inScene(makes: (() => Promise<Restore>)[], work: () => Promise<void>): Promise<void> {
  const restores: Restore[] = []
  try {
    for (const make of makes) restores.push(await make())
    await work()
  } finally {
    for (const restore of restores.toReversed()) await restore()
  }
}

const withFile = (node: Node, path: string, text: string) => () => changeFile(node, path, text)

/** The prechecks resolve the host name and other names, and still end in time. */
export async function hangingResolver(node: Node): Promise<void> {
  const makes = [
    withFile(node, '/etc/resolv.conf', `nameserver ${ODD_ADDRESS}\n`),
    withFile(node, '/etc/hosts', '127.0.0.1 localhost\n'),
  ]
  await inScene(makes, async () => {
    const began = performance.now()
    const { of } = await checked(node)
    assert.match(of('hostname').found, /no answer for \S+ after [\d.]+ s/)
    assert(performance.now() - began < 25_000, 'the prechecks end within 25 s')
  })
}

/** The node shares the clock of the host, whose kernel may be synchronised. So timedated is masked, and only the time server counts. */
export async function wrongTimeServer(node: Node): Promise<void> {
  const unasked = async () => {
    await execOk(node, ['systemctl', 'mask', '--runtime', 'systemd-timedated'])
    await exec(node, ['systemctl', 'stop', 'systemd-timedated'])
    return async () => void (await execOk(node, ['systemctl', 'unmask', '--runtime', 'systemd-timedated']))
  }
  const server = withFile(node, '/etc/systemd/timesyncd.conf', `[Time]\nNTP=${ODD_ADDRESS}\n`)
  await inScene([unasked, server], async () => {
    const { of } = await checked(node)
    assert.notEqual(of('ntp').verdict, 'pass', of('ntp').found)
    const [, offsetMs] = /offset (-?\d+) ms/.exec(of('ntp').found) ?? []
    assert(Math.abs(Number(offsetMs) - WRONG_BY_MS) < 1_000, of('ntp').found)
  })
}

/** The check distinguishes a failure of the proxy from one of the controller, and names the kind of failure. */
export async function oddProxies(node: Node, credentials: readonly string[]): Promise<void> {
  const expected: [port: number, found: RegExp][] = [
    [ODD_PROXIES.forbids, /proxy failed: .*403/],
    [ODD_PROXIES.needsPassword, /proxy failed: .*407/],
    [ODD_PROXIES.hangs, /proxy failed: .*(no answer|time|within)/],
    [ODD_PROXIES.inspectsTls, /TLS failed: /],
  ]
  const file = '/root/odd-proxy.txt'
  const restore = await changeFile(node, file, 'hunter2\n')
  await execOk(node, ['chmod', '0600', file])
  const looks = expected.map(async ([port, found]) => {
    const proxy = ['--proxy', `http://me@${ODD_ADDRESS}:${port}`, '--proxy-password-file', file]
    const { code, of, verdicts } = await checked(node, ...credentials, ...proxy, '--ignore-check', 'controller')
    assert.equal(code, 3, 'the check of the controller cannot be ignored')
    assert.equal(of('controller').verdict, 'fail')
    assert.match(of('controller').found, found)
    assert.doesNotMatch(JSON.stringify(verdicts), /hunter2/)
  })
  await Promise.all(looks).finally(restore)
}
