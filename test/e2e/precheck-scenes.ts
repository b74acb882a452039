/** What the prechecks are for, each met for real on a node. Every scene leaves the node as it found it. */
import assert from 'node:assert/strict'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { changeFile, checked } from './checked-node.ts'
import { ODD_ADDRESS } from './odd-network.ts'
import { LIE_MS, ODD_PROXIES } from './odd-ports.ts'

type Restore = () => Promise<void>

/** Does the work in a scene that each of `makes` sets up, and takes that away again, the last one first. */
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

/** Looked up are the machine's own name and what else must resolve; the run ends in time all the same. */
export async function hangingResolver(node: Node): Promise<void> {
  const makes = [
    withFile(node, '/etc/resolv.conf', `nameserver ${ODD_ADDRESS}\n`),
    withFile(node, '/etc/hosts', '127.0.0.1 localhost\n'),
  ]
  await inScene(makes, async () => {
    const began = performance.now()
    const { of } = await checked(node)
    assert.match(of('hostname').found, /no answer for \S+ after [\d.]+ s/)
    assert(performance.now() - began < 25_000, 'it does not wait for ever')
  })
}

/** The node's clock is the host's, whose kernel may be synchronised: it is not asked here, but the time server is. */
export async function lyingTimeServer(node: Node): Promise<void> {
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
    assert(Math.abs(Number(offsetMs) - LIE_MS) < 1_000, of('ntp').found)
  })
}

/** A proxy is told from the controller behind it, and each way to be in the way from the others. */
export async function oddProxies(node: Node, credentials: readonly string[]): Promise<void> {
  const expected: [port: number, found: RegExp][] = [
    [ODD_PROXIES.forbids, /proxy failed: .*403/],
    [ODD_PROXIES.wantsPassword, /proxy failed: .*407/],
    [ODD_PROXIES.hangs, /proxy failed: .*(no answer|time|within)/],
    [ODD_PROXIES.isStranger, /TLS failed: /],
  ]
  const looks = expected.map(async ([port, found]) => {
    const proxy = `http://me:hunter2@${ODD_ADDRESS}:${port}`
    const { code, of, verdicts } = await checked(node, ...credentials, '--proxy', proxy, '--ignore-check', 'controller')
    assert.equal(code, 3, 'the check of the controller is strict')
    assert.equal(of('controller').verdict, 'fail')
    assert.match(of('controller').found, found)
    assert.doesNotMatch(JSON.stringify(verdicts), /hunter2/)
  })
  await Promise.all(looks)
}
