/** Routes and addresses of closed networks and hosting providers, on a node without Kubernetes. */
import assert from 'node:assert/strict'
import { GATEWAY } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { changeFile, checked } from './checked-node.ts'

/** As systemd-networkd creates it. */
const DEFAULT = ['route', 'replace', 'default', 'via', GATEWAY, 'dev', 'host0', 'proto', 'static']

const routes = (node: Node) => execOk(node, ['ip', 'route'])

const OUTSIDE = ['8.8.8.8', 'fe80::1%host0', '2001:db8::53']

/** Without a default route, every check runs or says why it cannot. */
export async function noRoute(node: Node, install: readonly string[]): Promise<void> {
  const restores = [
    await changeFile(node, '/etc/resolv.conf', OUTSIDE.map((server) => `nameserver ${server}\n`).join('')),
    await changeFile(node, '/etc/hosts', '127.0.0.1 localhost\n'),
    await changeFile(node, '/etc/systemd/timesyncd.conf', '[Time]\nNTP=203.0.113.5\n'),
  ]
  const before = await routes(node)
  await execOk(node, ['ip', 'route', 'del', 'default'])
  try {
    const { of, verdicts } = await checked(node)
    assert.deepEqual(
      verdicts.filter(({ verdict }) => verdict === 'error'),
      [],
    )
    assert.match(of('default-route').found, /no default route/)
    assert.match(of('hostname').found, /8\.8\.8\.8: no route to this network/)
    assert.match(of('hostname').found, /2001:db8::53: no route to this network/)
    const tried = await exec(node, [...install, '-t'], { timeoutMs: 60_000 })
    assert([0, 3].includes(tried.code), tried.stdout + tried.stderr)
    assert.doesNotMatch(tried.stdout + tried.stderr, /\n\s+at |ERR_SOCKET|report it/)
  } finally {
    await execOk(node, ['ip', ...DEFAULT])
    for (const restore of restores) await restore()
    assert.equal(await routes(node), before, 'the routes are restored')
  }
}

/** A /32 address next to docker0 and a virtual address of keepalived: the node uses its own address. */
export async function addressOfItsOwn(node: Node): Promise<void> {
  const { address } = node
  const ip = (line: string) => execOk(node, ['ip', ...line.split(' ')])
  const before = await routes(node)
  await ip(`address add 10.90.0.250/32 dev host0`)
  await ip(`address del ${address}/24 dev host0`)
  await ip(`address add ${address}/32 dev host0`)
  await ip(`route replace ${GATEWAY} dev host0 src ${address}`)
  await ip(`route replace default via ${GATEWAY} dev host0 onlink src ${address}`)
  await ip('link add docker0 type bridge')
  await ip('address add 10.17.0.1/16 dev docker0')
  await ip('link set docker0 up')
  try {
    const facts = JSON.parse(await execOk(node, ['/root/agent', 'facts']))
    const routed = facts.interfaces.filter((each: { defaultRoute: boolean }) => each.defaultRoute)
    assert.deepEqual(
      routed.map((each: { name: string; addresses: { address: string }[] }) => [each.name, each.addresses[0]?.address]),
      [['host0', address]],
    )
    const restore = await changeFile(node, '/etc/hosts', '127.0.0.1 localhost\n')
    const { of } = await checked(node)
    await restore()
    assert.match(of('default-route').found, new RegExp(`host0 via ${GATEWAY}`))
    assert.doesNotMatch(of('hostname').fix ?? '', /10\.17\.|10\.90\.0\.250/)
  } finally {
    await ip('link del docker0')
    await ip('address flush dev host0 scope global')
    await ip(`address add ${address}/24 brd + dev host0`)
    await execOk(node, ['ip', ...DEFAULT])
    assert.equal(await routes(node), before, 'the routes are restored')
  }
}
