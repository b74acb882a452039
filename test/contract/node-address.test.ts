/** The selection of the node address, in network namespaces with links and routes of hosting providers and users. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PREFIX = `cantrip-address-${process.pid}`
const made: string[] = []
afterAll(() => {
  for (const name of made) execFileSync('ip', ['netns', 'delete', name])
})

const LOOK = `
import { collectFacts } from '${ROOT}/src/host/linux/facts.ts'
import { linuxHostView } from '${ROOT}/src/host/linux/host-view.ts'
import { localAddresses } from '${ROOT}/src/host/network/addresses.ts'
const view = linuxHostView()
const { node, interface: name } = await localAddresses(view)
const { interfaces } = await collectFacts(view, { agentVersion: '0', versions: {} })
const facts = interfaces.filter(({ defaultRoute }) => defaultRoute).map(({ name, addresses }) => [name, addresses[0].address])
console.log(JSON.stringify({ node, name, facts }))`

function lookWith(...lines: readonly string[]): { node: string[]; name?: string; facts: [string, string][] } {
  const name = `${PREFIX}-${made.length}`
  execFileSync('ip', ['netns', 'add', name])
  made.push(name)
  const setUp = [
    'link set lo up',
    'link add eth0 type veth peer name peer0',
    'link add eth1 type veth peer name peer1',
    'link set eth0 up',
    'link set eth1 up',
    'link set peer0 up',
    'link set peer1 up',
  ]
  for (const line of [...setUp, ...lines]) execFileSync('ip', ['-n', name, ...line.split(' ')])
  const argv = [`--net=/run/netns/${name}`, process.execPath, '--no-warnings', '--input-type=module', '-e', LOOK]
  return JSON.parse(execFileSync('nsenter', argv, { encoding: 'utf8' }))
}

const DOCKER = ['link add docker0 type bridge', 'address add 10.17.0.1/16 dev docker0', 'link set docker0 up']

test.each<[string, string[], [address: string, name: string]]>([
  [
    'one address with its network',
    ['address add 10.99.0.7/24 dev eth0', 'route add default via 10.99.0.1', ...DOCKER],
    ['10.99.0.7', 'eth0'],
  ],
  [
    'a /32 address next to docker0, as at Hetzner and in GCP',
    [
      'address add 10.99.0.171/32 dev eth0',
      'route add 10.99.0.1 dev eth0',
      'route add default via 10.99.0.1 dev eth0',
      ...DOCKER,
    ],
    ['10.99.0.171', 'eth0'],
  ],
  [
    'the same, with a gateway that is on the link only',
    [...DOCKER, 'address add 203.0.113.9/32 dev eth0', 'route add default via 172.31.1.1 dev eth0 onlink'],
    ['203.0.113.9', 'eth0'],
  ],
  [
    'addresses that keepalived moves, which came first',
    [
      'address add 10.99.0.100/32 dev eth0',
      'address add 10.99.0.7/24 dev eth0',
      'address add 10.99.0.101/24 dev eth0',
      'route add default via 10.99.0.1',
    ],
    ['10.99.0.7', 'eth0'],
  ],
  [
    'a link-local address beside',
    [
      'address add 169.254.9.9/16 dev eth0 scope link',
      'address add 10.99.0.7/24 dev eth0',
      'route add default via 10.99.0.1',
    ],
    ['10.99.0.7', 'eth0'],
  ],
  [
    'a source that the route names',
    [
      'address add 10.99.0.6/24 dev eth0',
      'address add 10.99.0.7/24 dev eth0',
      'route add default via 10.99.0.1 src 10.99.0.7',
    ],
    ['10.99.0.7', 'eth0'],
  ],
  [
    'two default routes, by their metric',
    [
      'address add 10.98.0.7/24 dev eth1',
      'address add 10.99.0.7/24 dev eth0',
      'route add default via 10.98.0.1 metric 600',
      'route add default via 10.99.0.1 metric 100',
    ],
    ['10.99.0.7', 'eth0'],
  ],
  [
    'policy routing',
    [
      'address add 10.98.0.7/24 dev eth1',
      'address add 10.99.0.7/24 dev eth0',
      'route add default via 10.98.0.1',
      'route add default via 10.99.0.1 table 7',
      'rule add priority 100 table 7',
    ],
    ['10.99.0.7', 'eth0'],
  ],
  [
    'an address with a label',
    ['address add 10.99.0.7/24 dev eth0 label eth0:1', 'route add default via 10.99.0.1'],
    ['10.99.0.7', 'eth0'],
  ],
])('%s', (_, lines, [address, name]) => {
  expect(lookWith(...lines)).toMatchObject({ node: [address], name, facts: [[name, address]] })
})

test('no default route: the address of the network; without any network no address', () => {
  expect(lookWith(...DOCKER, 'address add 10.99.0.7/24 dev eth0')).toEqual({
    node: ['10.99.0.7'],
    name: 'eth0',
    facts: [],
  })
  expect(lookWith()).toEqual({ node: [], facts: [] })
})

test('IPv6 only: deprecated and link-local addresses are ignored', () => {
  const lines = [
    'address add fd42::9/64 dev eth0 nodad preferred_lft 0',
    'address add fd42::7/64 dev eth0 nodad',
    'route add default via fd42::1 dev eth0',
  ]
  expect(lookWith(...lines)).toMatchObject({ node: ['fd42::7'], name: 'eth0' })
})
