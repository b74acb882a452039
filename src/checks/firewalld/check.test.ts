import { describe, expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { check } from './check.ts'

interface Scene {
  ports?: string
  services?: string
  trusted?: string
  target?: string
  trustedSources?: string
  rules?: readonly string[]
}

/** `firewall-cmd --list-all-zones` of RHEL 9, shortened to three zones. */
const zones = ({
  ports = '',
  services = 'cockpit dhcpv6-client ssh',
  trusted = '',
  target = 'default',
  trustedSources = '',
  rules = [],
}: Scene = {}) => `block
  target: %%REJECT%%
  icmp-block-inversion: no
  interfaces: 
  sources: 
  services: 
  ports: 
  forward: yes
  rich rules: 

public (active)
  target: ${target}
  icmp-block-inversion: no
  interfaces: eth0
  sources: 
  services: ${services}
  ports: ${ports}
  protocols: 
  forward: yes
  masquerade: no
  forward-ports: 
  source-ports: 
  icmp-blocks: 
  rich rules: 
\trule family="ipv4" source address="192.0.2.0/24" accept
${rules.map((rule) => `\trule ${rule}\n`).join('')}
trusted
  target: ACCEPT
  icmp-block-inversion: no
  interfaces: ${trusted}
  sources: ${trustedSources}
  services: 
  ports: 
`

function machine(now: Scene, permanent: Scene = now, zone = 'public\n') {
  const units = { 'firewalld.service': { enabled: true, active: true } }
  const host = fakeHost({ ...procFiles([]), units, directories: ['/run/systemd/system'] })
  host.on(['firewall-cmd', '--list-all-zones'], { stdout: zones(now) })
  host.on(['firewall-cmd', '--permanent', '--list-all-zones'], { stdout: zones(permanent) })
  host.on(
    ['firewall-cmd', '--get-zone-of-interface=eth0'],
    zone === '' ? { exitCode: 2, stdout: 'no zone\n' } : { stdout: zone },
  )
  host.on(['firewall-cmd', '--get-default-zone'], { stdout: 'public\n' })
  return host
}

const look = (host: ReturnType<typeof fakeHost>, roles: CheckParams['roles'] = ['master']) =>
  check.look(host, { roles, ownStateDirectory: '/var/lib/cantrip' })

const OPEN: Scene = { ports: '6443/tcp 2379-2380/tcp 10250/tcp 8472/udp 53/tcp 53/udp', trusted: 'cni0 flannel.1' }
const WORKER: Scene = { ports: '10250/tcp 8472/udp 53/tcp 53/udp', trusted: 'cni0' }

test('an inactive firewalld passes', async () => {
  const units = { 'firewalld.service': { enabled: true, active: false } }
  const host = fakeHost({ units, directories: ['/run/systemd/system'] })
  expect(await look(host)).toEqual({ kind: 'pass', found: 'not active' })
  expect(host.calls).toEqual([['systemctl', 'is-active', 'firewalld.service']])
})

test.each<[string, Scene]>([
  ['ports and ranges', OPEN],
  [
    'services that firewalld ships',
    { services: 'ssh kube-apiserver etcd-client etcd-server kubelet dns', ports: '8472/udp', trusted: 'cni0' },
  ],
  ['a zone that accepts all', { target: 'ACCEPT' }],
])('open for the cluster by %s passes', async (_, scene) => {
  expect(await look(machine(scene))).toEqual({
    kind: 'pass',
    found: 'active, zone public allows traffic of the cluster',
  })
})

test('the default configuration blocks everything, and the fix opens it', async () => {
  expect(await look(machine({}))).toEqual({
    kind: 'fail',
    found:
      'active, zone public: closed, now or after a reload: 10250/tcp, 8472/udp, 53/tcp, 53/udp, 6443/tcp, 2379/tcp, 2380/tcp; the pod network is not trusted',
    wanted: 'inactive, or open for the cluster and its pods',
    fix: 'firewall-cmd --permanent --zone=public --add-port=10250/tcp --add-port=8472/udp --add-port=53/tcp --add-port=53/udp --add-port=6443/tcp --add-port=2379/tcp --add-port=2380/tcp && firewall-cmd --permanent --zone=trusted --add-interface=cni0 --add-interface=flannel.1 && firewall-cmd --reload',
  })
})

test('open now but not after a reload fails, and vice versa', async () => {
  const partly: Scene = { ...OPEN, ports: '2379-2380/tcp 10250/tcp 8472/udp 53/tcp 53/udp' }
  const found = 'active, zone public: closed, now or after a reload: 6443/tcp'
  expect(await look(machine(OPEN, partly))).toMatchObject({ kind: 'fail', found })
  expect(await look(machine(partly, OPEN))).toMatchObject({ kind: 'fail', found })
})

test('a worker does not need the ports of a master; without a role they are a warning', async () => {
  expect(await look(machine(WORKER), ['worker'])).toMatchObject({ kind: 'pass' })
  expect(await look(machine(WORKER), [])).toMatchObject({ kind: 'warn' })
  expect(await look(machine(WORKER), ['master'])).toMatchObject({ kind: 'fail' })
})

test('an interface without a zone is in the default zone', async () => {
  expect(await look(machine(OPEN, OPEN, ''))).toMatchObject({
    kind: 'pass',
    found: expect.stringContaining('zone public'),
  })
})

test('without an answer of firewalld the check cannot run', async () => {
  const host = machine(OPEN)
  host.on(['firewall-cmd', '--list-all-zones'], { exitCode: 252, stderr: 'FirewallD is not running\n' })
  await expect(look(host)).rejects.toThrow('ended with 252: FirewallD is not running')
})

describe('ports that are open by other means', () => {
  const PODS = { trusted: 'cni0 flannel.1' }
  const ALL = ['6443/tcp', '2379-2380/tcp', '10250/tcp', '8472/udp', '53/tcp', '53/udp']
  const rule = (port: string, from = '') => {
    const [number, protocol] = port.split('/')
    return `family="ipv4" ${from}port port="${number}" protocol="${protocol}" accept`
  }

  test.each<[string, Scene, string]>([
    ['the subnet of the nodes is trusted', { ...PODS, trustedSources: '10.0.0.0/16' }, 'pass'],
    ['another subnet is trusted', { ...PODS, trustedSources: '172.16.0.0/12' }, 'fail'],
    ['a set of addresses is trusted', { ...PODS, trustedSources: 'ipset:nodes' }, 'pass'],
    [
      'a rich rule accepts the subnet',
      { ...PODS, rules: ['family="ipv4" source address="10.0.2.0/24" accept'] },
      'pass',
    ],
    [
      'a rich rule accepts all but the subnet',
      { ...PODS, rules: ['family="ipv4" source NOT address="10.0.2.0/24" accept'] },
      'fail',
    ],
    [
      'a rich rule rejects the subnet',
      { ...PODS, rules: ['family="ipv4" source address="10.0.2.0/24" reject'] },
      'fail',
    ],
    ['rich rules for each port', { ...PODS, rules: ALL.map((port) => rule(port)) }, 'pass'],
    [
      'rich rules for each port from the subnet',
      { ...PODS, rules: ALL.map((port) => rule(port, 'source address="10.0.2.0/24" ')) },
      'pass',
    ],
    [
      'rich rules for each port from elsewhere',
      { ...PODS, rules: ALL.map((port) => rule(port, 'source address="10.9.0.0/24" ')) },
      'fail',
    ],
  ])('%s: %s', async (_, scene, kind) => {
    expect(await look(machine(scene))).toMatchObject({ kind })
  })

  test('a service definition in /etc overrides one of firewalld', async () => {
    const host = machine({ ...PODS, services: 'ssh our-cluster' })
    const xml = (ports: readonly string[]) =>
      `<?xml version="1.0" encoding="utf-8"?>\n<service>\n${ports.map((port) => `  <port protocol="${port.split('/')[1]}" port='${port.split('/')[0]}'/>\n`).join('')}</service>\n`
    host.files.seed('/usr/lib/firewalld/services/our-cluster.xml', xml(['80/tcp']))
    expect(await look(host)).toMatchObject({ kind: 'fail' })
    host.files.seed('/etc/firewalld/services/our-cluster.xml', xml(ALL))
    expect(await look(host)).toMatchObject({ kind: 'pass' })
  })
})
