/** What the prechecks are for, each met for real on a node. Every scene leaves the node as it found it. */
import assert from 'node:assert/strict'
import { GATEWAY } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { until } from '../support/testbed/processes.ts'
import { changeFile, checked, startService } from './checked-node.ts'
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

const systemdResolved = (node: Node) => async (): Promise<Restore> => {
  await execOk(node, ['systemd-sysusers'])
  await execOk(node, ['systemctl', 'daemon-reload'])
  await execOk(node, ['systemctl', 'start', 'systemd-resolved'])
  return async () => void (await execOk(node, ['systemctl', 'stop', 'systemd-resolved']))
}

const dnsmasq = (node: Node) => async (): Promise<Restore> => {
  const stop = await startService(node, 'dnsmasq', ['dnsmasq', '--keep-in-foreground', '--user=root', '--no-resolv'])
  await until('dnsmasq on port 53', 10_000, async () =>
    (await execOk(node, ['ss', '-Hlnu', 'sport = :53'])) === '' ? undefined : true,
  )
  return stop
}

const leftoverKubelet = (node: Node) => async (): Promise<Restore> => {
  await execOk(node, ['cp', '/usr/bin/sleep', '/usr/bin/kubelet'])
  const stop = await startService(node, 'kubelet', ['/usr/bin/kubelet', '600'])
  return async () => {
    await stop()
    await execOk(node, ['rm', '/usr/bin/kubelet'])
  }
}

const named = (node: Node, name: string) => async (): Promise<Restore> => {
  // hostname(1) refuses such a name; the kernel takes any.
  const set = (value: string) => execOk(node, ['sysctl', '-q', '-w', `kernel.hostname=${value}`])
  await set(name)
  return async () => void (await set(node.name))
}

const givenAway = (node: Node, directory: string) => async (): Promise<Restore> => {
  await execOk(node, ['chown', '1000', directory])
  return async () => void (await execOk(node, ['chown', '0', directory]))
}

const withFile = (node: Node, path: string, text: string) => () => changeFile(node, path, text)

/** What looks like trouble and is none: a stub resolver on loopback, a firewall that is installed and not active. */
export async function healthyNeighbours(node: Node): Promise<void> {
  await execOk(node, ['systemctl', 'enable', 'firewalld'])
  await inScene([systemdResolved(node)], async () => {
    const { code, of, verdicts } = await checked(node)
    assert.equal(code, 0, JSON.stringify(verdicts.filter(({ hard, verdict }) => hard && verdict !== 'pass')))
    assert.equal(of('dns-port').verdict, 'pass')
    assert.match(of('dns-port').found, /systemd-resolve.* on 127\.0\.0\.5/)
    assert.deepEqual([of('firewalld').verdict, of('firewalld').found], ['pass', 'not active'])
  })
}

export async function manyFaults(node: Node): Promise<void> {
  const makes = [
    dnsmasq(node),
    leftoverKubelet(node),
    named(node, 'Bad_Name'),
    withFile(node, '/etc/resolv.conf', `nameserver ${GATEWAY}\noptions rotate\n`),
    givenAway(node, '/opt'),
  ]
  await inScene(makes, async () => {
    const { code, of } = await checked(node)
    assert.equal(code, 3)
    const expected: [id: string, found: RegExp, fix: RegExp][] = [
      ['dns-port', /^dnsmasq.* on 0\.0\.0\.0 port 53\/(tcp|udp)/, /systemctl disable --now dnsmasq/],
      ['previous-kubernetes', /\/usr\/bin\/kubelet/, /kubelet/],
      ['hostname', /"Bad_Name" has an underscore/, /hostnamectl set-hostname bad-name/],
      ['resolv-conf', /options rotate in \/etc\/resolv\.conf/, /sed -i .*rotate/],
    ]
    for (const [id, found, fix] of expected) {
      const seen = of(id)
      assert.equal(seen.verdict, 'fail', `${id}: ${seen.found}`)
      assert.match(seen.found, found)
      assert.match(seen.fix ?? '', fix)
      assert(seen.wanted, `${id} says what it wanted`)
    }
    assert.deepEqual([of('owners').verdict, of('owners').found], ['warn', 'directory /opt belongs to user 1000'])
    const pasted = ['resolv-conf', 'owners']
    for (const id of pasted) await execOk(node, ['sh', '-c', of(id).fix ?? ''])
    const after = await checked(node)
    for (const id of pasted) assert.equal(after.of(id).verdict, 'pass', `the fix of ${id} can be pasted`)
  })
}

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
